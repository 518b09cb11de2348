package org.pgsteward.camel.docker;

import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.pgsteward.io.Threads;
import org.pgsteward.model.FirstCause;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Listing of the containers each time that the stream of Docker's events is connected. It uses a thread of its own:
 * with many services on a busy host the list takes minutes, and a container that starts meanwhile must not wait for it.
 * Only the first list has to be complete before the first event, because a container is evaluated against the others.
 */
public final class RelistOnConnect implements Runnable {
    /** Time after which events are handled even if the engine has returned no list. */
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    private static final Duration LOOK = Duration.ofMillis(20);

    private static final Logger LOG = LoggerFactory.getLogger(RelistOnConnect.class);

    private final Runnable relist;
    private final BooleanSupplier listed;

    /** Lists in progress and waiting. The executor's own count misses a list that is about to start. */
    private final AtomicInteger begun = new AtomicInteger();

    /** One list in progress and one waiting are enough: the waiting list is read after all events so far. */
    private final ThreadPoolExecutor thread = new ThreadPoolExecutor(
            1,
            1,
            10,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(1),
            Threads.factory("docker-list", Threads.DEFAULT_STACK),
            (work, full) -> begun.decrementAndGet());

    /**
     * @param relist reads and processes the list; its exceptions are logged
     * @param listed whether a list has been read at least once
     */
    public RelistOnConnect(Runnable relist, BooleanSupplier listed) {
        this.relist = relist;
        this.listed = listed;
        thread.allowCoreThreadTimeOut(true);
    }

    /** Returns once a list exists, even an earlier one, or reading has failed, or a minute has passed. */
    @Override
    public void run() {
        begun.incrementAndGet();
        try {
            thread.execute(this::work);
        } catch (RuntimeException | Error e) {
            begun.decrementAndGet();
            throw e;
        }
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (!listed.getAsBoolean()
                && begun.get() > 0
                && System.nanoTime() < end
                && !Thread.currentThread().isInterrupted()) {
            LockSupport.parkNanos(LOOK.toNanos());
        }
    }

    private void work() {
        try {
            relist.run();
        } catch (RuntimeException e) {
            // The timer lists the containers again.
            LOG.error("cannot list all containers after the connection to Docker's events: {}", FirstCause.of(e));
        } finally {
            begun.decrementAndGet();
        }
    }
}
