package org.pgsteward.backup;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.pgsteward.model.BoundedFile;
import org.pgsteward.postgres.Progress;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One proof at a time on the host, whichever process it is of: two scratch clusters are more than a small host has memory
 * for. Within a process they come in the order of asking; between processes whoever looks first when it is free has it.
 */
final class ProofTurn {
    private static final Logger LOG = LoggerFactory.getLogger(ProofTurn.class);

    /** No service's: one's name does not begin so. */
    private static final String NAME = "_proof";

    /** Touched by a process while it waits. */
    private static final String WANTED = NAME + ".wanted";

    private static final Duration LOOK = Duration.ofMillis(200);

    private final Turn here = new Turn("another verification");
    private final Path locks;
    private volatile long promised;

    /** For whoever holds the turn here. */
    private boolean keeping;

    private Optional<RunLock> kept = Optional.empty();

    /** @param locks the folder that all processes share */
    ProofTurn(Path locks) {
        this.locks = locks;
    }

    /** Waits for it. A folder in which no lock can be had holds up no proof. */
    Turn.Taken take() throws InterruptedException {
        Turn.Taken ours = here.take();
        Optional<RunLock> held;
        boolean taken = false;
        try {
            held = kept.isPresent() ? kept : awaitOtherProcesses();
            kept = Optional.empty();
            keeping = false;
            taken = true;
        } finally {
            if (!taken) {
                ours.close();
            }
        }
        return () -> {
            try {
                promise(0);
                if (keeping) {
                    kept = held;
                } else if (held.isPresent()) {
                    held.get().close();
                }
            } catch (IOException e) {
                LOG.warn("the lock of proofs cannot be given back before this process ends: {}", e.getMessage());
            } finally {
                ours.close();
            }
        };
    }

    /** Returns whether no process of this host has the turn. */
    boolean isFree() throws IOException {
        Optional<RunLock> lock = RunLock.take(locks, NAME);
        if (lock.isEmpty()) {
            return false;
        }
        lock.get().close();
        return true;
    }

    /**
     * Keeps the turn from other processes beyond the end of this one, for the next in this process; by whoever has it.
     *
     * @return whether no other process waits for it
     */
    boolean keep() {
        keeping = !isWanted();
        return keeping;
    }

    private boolean isWanted() {
        try {
            FileTime touched = Files.getLastModifiedTime(locks.resolve(WANTED));
            return touched.toInstant().plus(LOOK.multipliedBy(10)).isAfter(Instant.now());
        } catch (IOException nobody) {
            return false;
        }
    }

    private void want() throws IOException {
        Files.writeString(locks.resolve(WANTED), "");
    }

    private Optional<RunLock> awaitOtherProcesses() throws InterruptedException {
        try {
            Optional<RunLock> lock = RunLock.take(locks, NAME);
            if (lock.isEmpty()) {
                Progress.current().step("waits for the verification of another process");
            }
            while (lock.isEmpty()) {
                want();
                if (RunLock.isAttended(locks, NAME)) {
                    Progress.current().waitsElsewhere();
                }
                LockSupport.parkNanos(LOOK.toNanos());
                if (Thread.interrupted()) {
                    throw new InterruptedException("while another process verified a backup");
                }
                lock = RunLock.take(locks, NAME);
            }
            Progress.current().step("begins");
            return lock;
        } catch (IOException e) {
            LOG.warn("cannot determine whether another process verifies a backup: {}", e.getMessage());
            return Optional.empty();
        }
    }

    /** By whoever has the turn: so many bytes it may take of the scratch disk until it is given back. */
    void promise(long bytes) {
        promised = bytes;
        Path file = locks.resolve(NAME + ".promised");
        try {
            if (bytes == 0) {
                Files.deleteIfExists(file);
            } else {
                Files.writeString(file, Long.toString(bytes));
            }
        } catch (IOException e) {
            LOG.debug("what a proof may take cannot be said to other processes: {}", e.getMessage());
        }
    }

    /** Bytes that the proof under way may take, by whichever process, some of which it has taken; 0 when there is none. */
    long promised() {
        long own = promised;
        if (own > 0) {
            return own;
        }
        try {
            String others =
                    BoundedFile.text(locks.resolve(NAME + ".promised"), 100).strip();
            Optional<RunLock> nobodys = RunLock.take(locks, NAME);
            if (nobodys.isPresent()) {
                // Its process was killed.
                nobodys.get().close();
                return 0;
            }
            return Long.parseLong(others);
        } catch (IOException | NumberFormatException none) {
            return 0;
        }
    }
}
