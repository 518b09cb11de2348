package org.pgsteward.backup.underway;

import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import org.pgsteward.postgres.Progress;

/**
 * A queue that lets one run at a time proceed, in the order of arrival. This class serves the dumps, and {@code
 * ProofTurn} the verifications. While one database is verified, the next one is dumped, and the host never carries more
 * than these two.
 */
public final class Turn {
    private final Semaphore free = new Semaphore(1, true);
    private final String others;

    /** @param others the name of the run that the others wait for, such as {@code another dump} */
    public Turn(String others) {
        this.others = others;
    }

    /**
     * Waits for the turn.
     *
     * @return the turn; closing it passes it to the next run, and closing it again has no effect
     * @throws InterruptedException if this thread is interrupted while it waits
     */
    public Taken take() throws InterruptedException {
        if (!free.tryAcquire()) {
            Progress.current().waitsFor(others);
            free.acquire();
        }
        Progress.current().step("begins");
        AtomicBoolean given = new AtomicBoolean();
        return () -> {
            if (given.compareAndSet(false, true)) {
                free.release();
            }
        };
    }

    /** The turn, which belongs to a run until the run closes it. */
    @FunctionalInterface
    public interface Taken extends AutoCloseable {
        @Override
        void close();
    }
}
