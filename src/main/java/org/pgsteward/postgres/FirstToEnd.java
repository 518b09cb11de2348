package org.pgsteward.postgres;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A mark on a child process that makes the kernel end it before pgsteward when memory is short. The kernel chooses by
 * size. Code in a dump that is restored may take memory in several processes, each smaller than pgsteward. Without the
 * mark, the kernel would then end pgsteward each time.
 */
final class FirstToEnd {
    /**
     * The first line of a shell script. Processes that the script starts inherit the score. It has no effect on a
     * system without such a file.
     */
    static final String SCRIPT = "{ echo 1000 > /proc/self/oom_score_adj; } 2>/dev/null || :; ";

    private FirstToEnd() {}

    /**
     * Marks a program that starts no other program.
     *
     * @return false if the program has ended already, or if the system denies the change
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
