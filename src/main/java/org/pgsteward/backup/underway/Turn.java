package org.pgsteward.backup.underway;

import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import org.pgsteward.postgres.Progress;

/**
 * One after another, in the order of coming. There is one for dumps, and {@code ProofTurn} for verifications: while one
 * database is verified the next is dumped, and the host never has more than that to bear.
 */
public final class Turn {
    private final Semaphore free = new Semaphore(1, true);
    private final String others;

    /** @param others the other run for which a run waits here: {@code another dump} */
    public Turn(String others) {
        this.others = others;
    }

    /**
     * Waits for the turn.
     *
     * @return the turn; closing it, once or twice, gives it to the next run
     * @throws InterruptedException when this thread is interrupted while it waits
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

    /** The turn, which belongs to this run until it is closed. */
    @FunctionalInterface
    public interface Taken extends AutoCloseable {
        @Override
        void close();
    }
}
