package org.pgsteward.engine;

import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.pgsteward.io.Threads;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A bounded queue of work, done in order on one thread, which ends when there has been no work for some seconds. */
final class BoundedExecutor implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(BoundedExecutor.class);

    private static final long SECONDS = 5;

    private final ThreadPoolExecutor worker;
    private volatile @Nullable Thread atWork;

    BoundedExecutor(int capacity) {
        worker = new ThreadPoolExecutor(
                1,
                1,
                SECONDS,
                TimeUnit.SECONDS,
                new ArrayBlockingQueue<>(capacity),
                Threads.factory("docker-events-handed-on", Threads.DEFAULT_STACK));
        worker.allowCoreThreadTimeOut(true);
    }

    /** Adds work; returns false, and does not add it, if the queue is full. */
    boolean offer(Runnable work) {
        try {
            worker.execute(() -> doOne(work));
            return true;
        } catch (RejectedExecutionException full) {
            return false;
        }
    }

    /** Returns whether the queue is more than half full. */
    boolean isCrowded() {
        return worker.getQueue().size() > worker.getQueue().remainingCapacity();
    }

    private void doOne(Runnable work) {
        atWork = Thread.currentThread();
        try {
            work.run();
        } catch (RuntimeException e) {
            LOG.error("cannot handle a Docker event; continuing with the next one", e);
        }
    }

    /**
     * Waits up to five seconds for the work in progress, then interrupts it. Work in the queue is dropped. The work itself may
     * call it, and is then not waited for.
     */
    @Override
    public void close() {
        worker.getQueue().clear();
        worker.shutdown();
        if (Thread.currentThread() == atWork) {
            return;
        }
        try {
            // An interrupt at once would abort a route in the middle.
            if (!worker.awaitTermination(SECONDS, TimeUnit.SECONDS)) {
                worker.shutdownNow();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
