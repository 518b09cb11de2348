package org.pgsteward.postgres;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has the kernel end a child rather than us when memory is short. It would choose by size: code of a dump that is
 * restored may take memory in several processes, each smaller than this one, and then this one ends each time.
 */
final class FirstToEnd {
    /** The first line of a shell script; what the script starts has it, too. Nothing happens where there is no such file. */
    static final String SCRIPT = "{ echo 1000 > /proc/self/oom_score_adj; } 2>/dev/null || :; ";

    private static final Logger LOG = LoggerFactory.getLogger(FirstToEnd.class);

    private FirstToEnd() {}

    /** For a program that starts no other. */
    static void mark(Process child) {
        Path score = Path.of("/proc", Long.toString(child.pid()), "oom_score_adj");
        try {
            if (Files.exists(score)) {
                Files.writeString(score, "1000");
            }
        } catch (IOException e) {
            // It has ended already, or the system does not let us.
            LOG.debug("{} is not written: {}", score, e.toString());
        }
    }
}
