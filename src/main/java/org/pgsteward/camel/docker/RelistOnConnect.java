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
 * Reads the list of containers each time that the stream of Docker's events is connected. It does so on a thread of its own:
 * with many services on a busy host the list takes minutes, and a container that is started meanwhile must not wait for it.
 * Only the first list has to be read before the first event, because a container is judged by what the others are.
 */
public final class RelistOnConnect implements Runnable {
    /** After this the events are handled even if the engine has given no list. */
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    private static final Duration LOOK = Duration.ofMillis(20);

    private static final Logger LOG = LoggerFactory.getLogger(RelistOnConnect.class);

    private final Runnable relist;
    private final BooleanSupplier listed;

    /** Lists in progress and waiting. The thread's own count leaves out a list that is just about to begin. */
    private final AtomicInteger begun = new AtomicInteger();

    /** One list in progress and one waiting are enough: the waiting one is read after all that has happened by now. */
    private final ThreadPoolExecutor thread = new ThreadPoolExecutor(
            1,
            1,
            10,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(1),
            Threads.factory("docker-list", Threads.DEFAULT_STACK),
            (work, full) -> begun.decrementAndGet());

    /**
     * @param relist reads the list and works through it; what it throws is logged
     * @param listed whether a list has been read, once or more
     */
    public RelistOnConnect(Runnable relist, BooleanSupplier listed) {
        this.relist = relist;
        this.listed = listed;
        thread.allowCoreThreadTimeOut(true);
    }

    /** Returns when there is a list, even one from before, or when it cannot be read. */
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
            // The timer lists them again.
            LOG.error("cannot look at every container after Docker's events were connected: {}", FirstCause.of(e));
        } finally {
            begun.decrementAndGet();
        }
    }
}
