package org.pgsteward.engine;

import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.pgsteward.io.Threads;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A bounded queue of work, done in order on one thread. */
final class BoundedExecutor implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(BoundedExecutor.class);

    private final BlockingQueue<Runnable> waiting;
    private final AtomicBoolean closed = new AtomicBoolean();
    private final Thread worker = Threads.daemon("docker-events-handed-on", Threads.DEFAULT_STACK, this::work);

    BoundedExecutor(int capacity) {
        this.waiting = new ArrayBlockingQueue<>(capacity);
    }

    void start() {
        worker.start();
    }

    /** Adds work; returns false, and does not add it, if the queue is full. */
    boolean offer(Runnable work) {
        return waiting.offer(work);
    }

    /** Returns whether the queue is more than half full. */
    boolean isCrowded() {
        return waiting.size() > waiting.remainingCapacity();
    }

    private void work() {
        while (!closed.get()) {
            try {
                doOne(waiting.take());
            } catch (InterruptedException e) {
                LOG.debug("stopping");
            }
        }
    }

    private void doOne(Runnable work) {
        try {
            work.run();
        } catch (RuntimeException e) {
            LOG.error("cannot handle a Docker event; continuing with the next one", e);
        }
    }

    /** Waits up to five seconds for the work in progress, then interrupts it. Work in the queue is dropped. */
    @Override
    public void close() {
        closed.set(true);
        waiting.clear();
        // An empty piece of work wakes the worker. An interrupt would abort a route in the middle.
        waiting.offer(() -> {});
        if (Thread.currentThread() == worker) {
            return;
        }
        try {
            worker.join(TimeUnit.SECONDS.toMillis(5));
            worker.interrupt();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
