package org.pgsteward.camel.timers;

import java.util.concurrent.Future;
import org.apache.camel.CamelContext;
import org.apache.camel.Consumer;
import org.apache.camel.spi.ScheduledPollConsumerScheduler;
import org.apache.camel.support.ScheduledPollConsumer;
import org.apache.camel.support.service.ServiceSupport;
import org.jspecify.annotations.Nullable;
import org.pgsteward.io.Timers;

/**
 * The schedule of one consumer that polls, on the threads of {@link Timers}. Camel has a thread for each such consumer,
 * although it waits nearly always.
 */
public final class PollTimer extends ServiceSupport implements ScheduledPollConsumerScheduler {
    private @Nullable CamelContext context;
    private @Nullable ScheduledPollConsumer consumer;
    private @Nullable Runnable poll;
    private @Nullable Future<?> next;
    private @Nullable Thread running;
    private boolean scheduled;

    /** The number of starts. A poll that began before the last start does not schedule another one. */
    private int starts;

    @Override
    public void setCamelContext(CamelContext context) {
        this.context = context;
    }

    @Override
    public @Nullable CamelContext getCamelContext() {
        return context;
    }

    @Override
    public void onInit(Consumer polling) {
        consumer = (ScheduledPollConsumer) polling;
    }

    @Override
    public synchronized void scheduleTask(Runnable task) {
        poll = task;
    }

    @Override
    public synchronized void startScheduler() {
        if (!scheduled && consumer != null) {
            scheduled = true;
            starts++;
            later(System.nanoTime() + nanoseconds(consumer.getInitialDelay()), starts);
        }
    }

    @Override
    public synchronized boolean isSchedulerStarted() {
        return scheduled;
    }

    @Override
    public synchronized void unscheduleTask() {
        scheduled = false;
        if (next != null) {
            next.cancel(false);
            next = null;
        }
    }

    private synchronized void later(long due, int start) {
        if (isWanted(start)) {
            next = Timers.after(due - System.nanoTime(), () -> run(due, start));
        }
    }

    private synchronized boolean isWanted(int start) {
        return scheduled && start == starts;
    }

    private synchronized boolean begins(int start) {
        boolean wanted = isWanted(start);
        if (wanted) {
            running = Thread.currentThread();
        }
        return wanted;
    }

    private synchronized void ended() {
        if (running == Thread.currentThread()) {
            running = null;
        }
    }

    private void run(long due, int start) {
        ScheduledPollConsumer polling = consumer;
        Runnable task = poll;
        if (polling == null || task == null || !begins(start)) {
            return;
        }
        try {
            // Handles its own exceptions.
            task.run();
        } finally {
            ended();
            long from = polling.isUseFixedDelay() ? System.nanoTime() : due;
            later(from + nanoseconds(polling.getDelay()), start);
        }
    }

    private long nanoseconds(long time) {
        return consumer == null ? 0 : consumer.getTimeUnit().toNanos(time);
    }

    /** Interrupts a poll under way, as Camel does. */
    @Override
    protected synchronized void doStop() {
        unscheduleTask();
        if (running != null && running != Thread.currentThread()) {
            running.interrupt();
        }
    }
}
