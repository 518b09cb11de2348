package org.pgsteward.io;

import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Work that is repeated on the threads of {@link Timers}, one run after the other, until it is closed. */
public final class Repetition implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Repetition.class);

    /** The shortest pause after a failed run. */
    private static final Duration AFTER_A_FAILURE = Duration.ofSeconds(1);

    /** The longest time that {@link #close} waits for a run. */
    private static final long CLOSING_NANOSECONDS = TimeUnit.SECONDS.toNanos(5);

    private final String name;
    private final Supplier<Duration> work;
    private Duration pause;
    private @Nullable Future<?> next;
    private @Nullable Thread running;
    private boolean closed;

    private Repetition(String name, Duration first, Supplier<Duration> work) {
        this.name = name;
        this.pause = first;
        this.work = work;
    }

    /**
     * Begins a repetition.
     *
     * @param name for the log
     * @param first the time until the first run
     * @param work returns the pause after this run; after a failure, which is logged, the last pause applies, but at least a
     *     second
     */
    public static Repetition begin(String name, Duration first, Supplier<Duration> work) {
        Repetition repetition = new Repetition(name, first, work);
        repetition.later();
        return repetition;
    }

    /** The same with a pause that does not change. */
    public static Repetition begin(String name, Duration first, Duration pause, Runnable work) {
        Repetition repetition = new Repetition(name, first, () -> {
            work.run();
            return pause;
        });
        repetition.later();
        return repetition;
    }

    private synchronized void later() {
        if (!closed) {
            next = Timers.after(pause.toNanos(), this::run);
        }
    }

    private void run() {
        synchronized (this) {
            if (closed) {
                return;
            }
            running = Thread.currentThread();
        }
        try {
            pause = work.get();
        } catch (RuntimeException | Error e) {
            LOG.error("{} failed, and goes on", name, e);
            pause = pause.compareTo(AFTER_A_FAILURE) < 0 ? AFTER_A_FAILURE : pause;
        } finally {
            ended();
        }
        later();
    }

    private synchronized void ended() {
        running = null;
        // The thread may do other work next.
        boolean interrupted = Thread.interrupted();
        LOG.trace("{} ended; interrupted: {}", name, interrupted);
        notifyAll();
    }

    /** Ends the repetition. A run under way is interrupted, and gets five seconds to end. */
    @Override
    public synchronized void close() {
        closed = true;
        if (next != null) {
            next.cancel(false);
        }
        Thread run = running;
        if (run == null || run == Thread.currentThread()) {
            return;
        }
        run.interrupt();
        long end = System.nanoTime() + CLOSING_NANOSECONDS;
        try {
            for (long left = CLOSING_NANOSECONDS; running != null && left > 0; left = end - System.nanoTime()) {
                TimeUnit.NANOSECONDS.timedWait(this, left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
