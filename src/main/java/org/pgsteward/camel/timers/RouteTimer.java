package org.pgsteward.camel.timers;

import java.util.Date;
import java.util.Timer;
import java.util.TimerTask;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.camel.component.timer.TimerConsumer;
import org.jspecify.annotations.Nullable;
import org.pgsteward.io.Timers;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The timer of a route. It has the times of {@link Timer}, and no thread of its own. After a run that was longer than the
 * period, the next one follows at once. Each consumer schedules one task.
 */
final class RouteTimer extends Timer {
    private static final Logger LOG = LoggerFactory.getLogger(RouteTimer.class);

    private final TimerConsumer consumer;
    private @Nullable Future<?> next;
    private boolean cancelled;

    RouteTimer(TimerConsumer consumer) {
        super(true);
        // Each Timer starts a thread. This ends it.
        super.cancel();
        this.consumer = consumer;
    }

    @Override
    public void schedule(TimerTask task, long delay) {
        begin(task, delay, 0, false);
    }

    @Override
    public void schedule(TimerTask task, Date time) {
        begin(task, until(time), 0, false);
    }

    @Override
    public void schedule(TimerTask task, long delay, long period) {
        begin(task, delay, period, false);
    }

    @Override
    public void schedule(TimerTask task, Date firstTime, long period) {
        begin(task, until(firstTime), period, false);
    }

    @Override
    public void scheduleAtFixedRate(TimerTask task, long delay, long period) {
        begin(task, delay, period, true);
    }

    @Override
    public void scheduleAtFixedRate(TimerTask task, Date firstTime, long period) {
        begin(task, until(firstTime), period, true);
    }

    private static long until(Date time) {
        return Math.max(0, time.toInstant().toEpochMilli() - System.currentTimeMillis());
    }

    private void begin(TimerTask task, long delay, long period, boolean fixedRate) {
        later(new Run(
                task,
                TimeUnit.MILLISECONDS.toNanos(period),
                fixedRate,
                System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(delay)));
    }

    private synchronized void later(Run run) {
        if (!cancelled) {
            next = Timers.after(run.due - System.nanoTime(), () -> work(run));
        }
    }

    private synchronized boolean isCancelled() {
        return cancelled;
    }

    private void work(Run run) {
        if (isCancelled()) {
            return;
        }
        long began = System.nanoTime();
        try {
            run.task.run();
        } catch (RuntimeException | Error e) {
            LOG.error("the timer {} failed, and goes on", consumer.getTimerName(), e);
        }
        if (run.period > 0 && !isSpent()) {
            later(new Run(run.task, run.period, run.fixedRate, (run.fixedRate ? run.due : began) + run.period));
        }
    }

    /** Whether the timer has fired as often as its route wants. */
    private boolean isSpent() {
        long most = consumer.getRepeatCount();
        return most > 0 && consumer.getCounter() >= most;
    }

    /** Ends the timer. A run under way continues. */
    @Override
    public synchronized void cancel() {
        cancelled = true;
        if (next != null) {
            next.cancel(false);
        }
    }

    /**
     * A run in the future.
     *
     * @param period nanoseconds; 0 for a single run
     * @param due as {@link System#nanoTime}
     */
    private record Run(TimerTask task, long period, boolean fixedRate, long due) {}
}
