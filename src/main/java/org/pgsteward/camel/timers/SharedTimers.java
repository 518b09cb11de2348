package org.pgsteward.camel.timers;

import java.util.Map;
import java.util.Timer;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.apache.camel.CamelContext;
import org.apache.camel.Component;
import org.apache.camel.component.timer.TimerComponent;
import org.apache.camel.component.timer.TimerConsumer;
import org.jspecify.annotations.Nullable;
import org.pgsteward.io.Threads;

/**
 * Camel's component {@code timer}, with threads that all timers share. Camel has a thread for each timer, although nearly all
 * of them wait nearly always. Here one thread waits for all, and a thread that does the work of a timer ends soon after it. A
 * slow route still delays only its own timer.
 */
// Without its name, a component lacks Camel's own conversion of times such as "30s".
@org.apache.camel.spi.annotations.Component(SharedTimers.SCHEME)
public final class SharedTimers extends TimerComponent {
    static final String SCHEME = "timer";

    /** A timer of a second or two keeps its thread. */
    private static final long IDLE_SECONDS = 5;

    private final Map<TimerConsumer, RouteTimer> timers = new ConcurrentHashMap<>();
    private @Nullable ScheduledThreadPoolExecutor clock;
    private @Nullable ThreadPoolExecutor workers;

    /** Replaces the component in a context. */
    public static void bind(CamelContext context) {
        context.getRegistry().bind(SCHEME, Component.class, SharedTimers::new);
    }

    @Override
    protected void doStart() throws Exception {
        super.doStart();
        clock = new ScheduledThreadPoolExecutor(1, Threads.factory("timers", 128 * 1024));
        clock.setRemoveOnCancelPolicy(true);
        // At most one thread for each timer, because a timer never runs twice at a time.
        workers = new ThreadPoolExecutor(
                0,
                Integer.MAX_VALUE,
                IDLE_SECONDS,
                TimeUnit.SECONDS,
                new SynchronousQueue<>(),
                Threads.factory("timer", Threads.DEFAULT_STACK));
    }

    @Override
    public Timer getTimer(TimerConsumer consumer) {
        if (clock == null || workers == null) {
            throw new IllegalStateException("the component has not started");
        }
        RouteTimer timer = new RouteTimer(consumer, clock, workers);
        RouteTimer before = timers.put(consumer, timer);
        if (before != null) {
            before.cancel();
        }
        return timer;
    }

    @Override
    public void removeTimer(TimerConsumer consumer) {
        RouteTimer timer = timers.remove(consumer);
        if (timer != null) {
            timer.cancel();
        }
    }

    @Override
    protected void doStop() throws Exception {
        timers.values().forEach(RouteTimer::cancel);
        timers.clear();
        if (clock != null) {
            clock.shutdownNow();
        }
        if (workers != null) {
            workers.shutdown();
        }
        super.doStop();
    }
}
