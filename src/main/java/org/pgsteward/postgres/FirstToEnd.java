package org.pgsteward.postgres;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Has the kernel end a child rather than us when memory is short. It would choose by size: code of a dump that is
 * restored may take memory in several processes, each smaller than this one, and then this one ends each time.
 */
final class FirstToEnd {
    /** The first line of a shell script; what the script starts has it, too. Nothing happens where there is no such file. */
    static final String SCRIPT = "{ echo 1000 > /proc/self/oom_score_adj; } 2>/dev/null || :; ";

    private FirstToEnd() {}

    /**
     * For a program that starts no other.
     *
     * @return false for one that has ended already, and where the system does not let us
     */
    static boolean mark(Process child) {
        Path score = Path.of("/proc", Long.toString(child.pid()), "oom_score_adj");
        try {
            if (Files.exists(score)) {
                Files.writeString(score, "1000");
                return true;
            }
            return false;
        } catch (IOException e) {
            return false;
        }
    }
}
