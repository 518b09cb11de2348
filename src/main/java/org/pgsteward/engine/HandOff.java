package org.pgsteward.engine;

import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.pgsteward.io.Threads;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Does work in order on a thread of its own, and lets only so much wait. */
final class HandOff implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(HandOff.class);

    private final BlockingQueue<Runnable> waiting;
    private final AtomicBoolean closed = new AtomicBoolean();
    private final Thread worker = Threads.daemon("docker-events-handed-on", Threads.DEFAULT_STACK, this::work);

    HandOff(int capacity) {
        this.waiting = new ArrayBlockingQueue<>(capacity);
    }

    void start() {
        worker.start();
    }

    /** False when there is no room: nothing was taken. */
    boolean offer(Runnable work) {
        return waiting.offer(work);
    }

    /** More than half full. */
    boolean isCrowded() {
        return waiting.size() > waiting.remainingCapacity();
    }

    private void work() {
        while (!closed.get()) {
            try {
                doOne(waiting.take());
            } catch (InterruptedException e) {
                LOG.debug("asked to stop");
            }
        }
    }

    private void doOne(Runnable work) {
        try {
            work.run();
        } catch (RuntimeException e) {
            LOG.error("an event of Docker's could not be dealt with; going on with the next", e);
        }
    }

    /** Lets what is being done come to its end, for five seconds at most; what waits is dropped. */
    @Override
    public void close() {
        closed.set(true);
        waiting.clear();
        // An empty piece of work wakes the worker without interrupting a route midway.
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
