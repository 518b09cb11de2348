package org.pgsteward.camel.timers;

import java.util.Map;
import java.util.Timer;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.camel.CamelContext;
import org.apache.camel.Component;
import org.apache.camel.component.timer.TimerComponent;
import org.apache.camel.component.timer.TimerConsumer;
import org.pgsteward.io.Timers;

/**
 * Camel's component {@code timer} on the threads of {@link Timers}. Camel has a thread for each timer. A slow route still
 * delays only its own timer.
 */
// Without its name, a component lacks Camel's own conversion of times such as "30s".
@org.apache.camel.spi.annotations.Component(SharedTimers.SCHEME)
public final class SharedTimers extends TimerComponent {
    static final String SCHEME = "timer";

    private final Map<TimerConsumer, RouteTimer> timers = new ConcurrentHashMap<>();

    /** Replaces the component in a context. */
    public static void bind(CamelContext context) {
        context.getRegistry().bind(SCHEME, Component.class, SharedTimers::new);
    }

    @Override
    public Timer getTimer(TimerConsumer consumer) {
        RouteTimer timer = new RouteTimer(consumer);
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
        super.doStop();
    }
}
