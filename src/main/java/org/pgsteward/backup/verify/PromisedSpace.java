package org.pgsteward.backup.verify;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.pgsteward.backup.underway.RunLock;
import org.pgsteward.io.BoundedFile;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The bytes of the scratch disk that the verification under way may take, as all processes of the host see them. */
final class PromisedSpace {
    private static final Logger LOG = LoggerFactory.getLogger(VerificationTurn.class);

    private final Path locks;
    private final String turn;
    private volatile long promised;

    /** @param turn the name of the lock that the process with the turn holds */
    PromisedSpace(Path locks, String turn) {
        this.locks = locks;
        this.turn = turn;
    }

    /**
     * Publishes the number of bytes that the verification under way may take of the scratch disk; 0 withdraws it. Only
     * the process with the turn calls it.
     */
    void promise(long bytes) {
        promised = bytes;
        Path file = locks.resolve(turn + ".promised");
        try {
            if (bytes == 0) {
                Files.deleteIfExists(file);
            } else {
                Files.writeString(file, Long.toString(bytes));
            }
        } catch (IOException e) {
            LOG.debug("cannot record the expected size of a verification for other processes: {}", e.getMessage());
        }
    }

    /**
     * Returns the bytes that the verification under way may take in all, in this process or another one; 0 if none is
     * under way.
     */
    long promised() {
        long own = promised;
        if (own > 0) {
            return own;
        }
        try {
            String others =
                    BoundedFile.text(locks.resolve(turn + ".promised"), 100).strip();
            Optional<RunLock> nobodys = RunLock.take(locks, turn);
            if (nobodys.isPresent()) {
                // The process that wrote the file was killed.
                nobodys.get().close();
                return 0;
            }
            return Long.parseLong(others);
        } catch (IOException | NumberFormatException none) {
            return 0;
        }
    }
}
