package org.pgsteward.backup;

import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * One after another, in the order of coming. There is one for dumps and one for proofs: while one database is proved the
 * next is dumped, and the host never has more than that to bear.
 */
public final class Turn {
    private final Semaphore free = new Semaphore(1, true);

    /** Waits for it; whoever closes it, once or twice, gives it to the next. */
    Taken take() throws InterruptedException {
        free.acquire();
        AtomicBoolean given = new AtomicBoolean();
        return () -> {
            if (given.compareAndSet(false, true)) {
                free.release();
            }
        };
    }

    /** Ours until it is closed. */
    @FunctionalInterface
    interface Taken extends AutoCloseable {
        @Override
        void close();
    }
}
