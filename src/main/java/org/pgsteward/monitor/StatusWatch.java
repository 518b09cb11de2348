package org.pgsteward.monitor;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Container;
import org.pgsteward.model.ContainerEvent;

/**
 * Remembers who was told to stop, so that an end that somebody ordered is not taken for a crash. The engine says
 * {@code kill} with a signal before {@code die}, and {@code stop} only after it. Safe for many threads.
 */
public final class StatusWatch {
    /** Signals that tell a program something without meaning its end: HUP, USR1, USR2, WINCH. */
    private static final Set<String> MERE_WORDS =
            Set.of("1", "10", "12", "28", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGWINCH");

    /** A signal this old has been survived: what ends the container now is something else. */
    private static final Duration OBEYED_WITHIN = Duration.ofMinutes(10);

    private static final int REMEMBERED = 500;

    private final StatusRule rule;
    private final Clock clock;
    private final Map<String, Instant> asked = new LinkedHashMap<>();

    public StatusWatch(StatusRule rule, Clock clock) {
        this.rule = rule;
        this.clock = clock;
    }

    /** To be given every event of a container, in order, before anyone looks because of it. */
    public synchronized void note(ContainerEvent event) {
        String id = event.containerId();
        switch (event.action()) {
            case "kill" -> {
                if (!MERE_WORDS.contains(event.attributes().getOrDefault("signal", ""))) {
                    remember(id, event.at());
                }
            }
            case "stop" -> remember(id, event.at());
            case "die" -> {
                Instant order = asked.get(id);
                if (order != null && order.plus(OBEYED_WITHIN).isBefore(event.at())) {
                    asked.remove(id);
                }
            }
            case "start" -> asked.remove(id);
            default -> {}
        }
    }

    /**
     * How a container is now.
     *
     * @param service whose it is
     * @param postgres whether it is the shared PostgreSQL
     * @return empty while it is too early to say; look again within a minute or so
     */
    public synchronized Optional<Condition> look(String service, boolean postgres, Container container) {
        Optional<Instant> order = Optional.ofNullable(asked.get(container.id()));
        return rule.judge(new StatusRule.Look(service, postgres, container, order, clock.instant()));
    }

    /**
     * A container that is no longer there.
     *
     * @param last as it was when it was last seen
     */
    public synchronized Optional<Condition> gone(String service, boolean postgres, Container last) {
        Optional<Instant> order = Optional.ofNullable(asked.get(last.id()));
        return rule.gone(new StatusRule.Look(service, postgres, last, order, clock.instant()));
    }

    private void remember(String id, Instant at) {
        asked.putIfAbsent(id, at);
        if (asked.size() > REMEMBERED) {
            asked.remove(asked.keySet().iterator().next());
        }
    }
}
