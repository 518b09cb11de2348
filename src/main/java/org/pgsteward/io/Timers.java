package org.pgsteward.io;

import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Work at a later time, on threads that the whole process shares, because nearly all timers wait nearly always. One thread
 * waits for all, and a thread that works ends soon after. Work that takes long delays no other work.
 */
public final class Timers {
    /** A timer of a second or two keeps its thread. */
    private static final long IDLE_SECONDS = 5;

    private static final long AGAIN_SECONDS = 1;

    private static final Logger LOG = LoggerFactory.getLogger(Timers.class);

    private static final ScheduledThreadPoolExecutor CLOCK = clock();

    /** At most one thread for each timer, because a timer never runs twice at a time. */
    private static final ThreadPoolExecutor WORKERS = new ThreadPoolExecutor(
            0,
            Integer.MAX_VALUE,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new SynchronousQueue<>(),
            Threads.factory("timer", Threads.DEFAULT_STACK));

    private Timers() {}

    private static ScheduledThreadPoolExecutor clock() {
        ScheduledThreadPoolExecutor clock = new ScheduledThreadPoolExecutor(1, Threads.factory("timers", 128 * 1024));
        clock.setRemoveOnCancelPolicy(true);
        return clock;
    }

    /**
     * Runs work once. An exception ends its thread and is logged. The work waits while the host allows no further thread.
     *
     * @return to be cancelled if the work must not run; has no effect on work that has begun, or waits for a thread
     */
    public static Future<?> after(long nanoseconds, Runnable work) {
        return CLOCK.schedule(() -> start(work), nanoseconds, TimeUnit.NANOSECONDS);
    }

    private static void start(Runnable work) {
        try {
            WORKERS.execute(work);
        } catch (RuntimeException | Error e) {
            // A timer that repeats itself would otherwise end for ever.
            LOG.error("cannot start a thread for a timer, next try in {} s: {}", AGAIN_SECONDS, e.toString());
            Future<?> unused = CLOCK.schedule(() -> start(work), AGAIN_SECONDS, TimeUnit.SECONDS);
        }
    }
}
