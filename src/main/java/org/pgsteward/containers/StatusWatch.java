package org.pgsteward.containers;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Container;
import org.pgsteward.model.ContainerEvent;

/**
 * Judges the states of a service's containers by the events of each, and remembers removed containers until it is clear
 * whether an update replaces them. Safe for many threads.
 */
public final class StatusWatch {
    /** The {@code kind} of alerts about the memory that a container uses, which monitoring raises. */
    public static final String MEMORY_HIGH = "memory-high";

    /** The {@code kind}s of alerts that end with the service's last container. */
    public static final Set<String> OF_CONTAINERS = Set.of(MEMORY_HIGH, MemoryKillRule.KIND);

    /** Crashes within this time are one alert. */
    static final Duration LOOP = Duration.ofMinutes(10);

    private final StatusRule rule;
    private final UpdateRule updates;
    private final Clock clock;
    private final Instant since;
    private final ContainerHistory history = new ContainerHistory();

    /** When each service got its database, if that was after the start of this process. */
    private final Map<String, Instant> databases = new LinkedHashMap<>();

    private final Map<String, Departed> departed = new LinkedHashMap<>();

    /** A removed container, until it is clear whether another takes its place. */
    private record Departed(String service, boolean postgres, Container container, Instant since) {}

    public StatusWatch(StatusRule rule, Clock clock) {
        this.rule = rule;
        this.updates = new UpdateRule(rule.grace());
        this.clock = clock;
        this.since = clock.instant();
    }

    /**
     * Adds an event of a container. Each event has to be added, in order, before the state after it is judged. A repeated
     * event counts once, if all events after it are repeated as well.
     */
    public synchronized void note(ContainerEvent event) {
        history.note(event);
    }

    /** Records that a service got its database now. */
    public synchronized void databaseMade(String service) {
        databases.put(service, clock.instant());
        ContainerHistory.forgetOldest(databases);
    }

    /**
     * Judges the state of a service.
     *
     * @param postgres whether it is the shared PostgreSQL
     * @param container whose state was read
     * @param others the service's other containers; the worst state of all counts
     * @return empty while it is too early to judge; call again within about a minute
     */
    public synchronized List<Condition> look(
            String service, boolean postgres, Container container, List<Container> others) {
        List<Condition> conditions = new ArrayList<>();
        departed.remove(container.id());
        for (Departed before : List.copyOf(departed.values())) {
            StatusObservation gone = lookAt(before.service(), before.postgres(), before.container());
            if (updates.isSuccessor(gone, container)) {
                departed.remove(before.container().id());
                conditions.addAll(updates.judge(gone, container));
            }
        }
        conditions.addAll(stand(service, postgres, Stream.concat(Stream.of(container), others.stream())));
        return conditions;
    }

    private List<Condition> stand(String service, boolean postgres, Stream<Container> containers) {
        List<Optional<Condition>> states = new ArrayList<>();
        List<Condition> deaths = new ArrayList<>();
        containers.forEach(container -> {
            StatusObservation look = lookAt(service, postgres, container);
            states.add(isHeard(container) ? rule.judge(look) : Optional.empty());
            MemoryKillRule.judge(look, history.kills(container.id()), since).ifPresent(deaths::add);
        });
        List<Condition> conditions = new ArrayList<>();
        StatusRule.ofAll(states).ifPresent(conditions::add);
        deaths.stream().max(Condition.BY_SEVERITY).ifPresent(conditions::add);
        return conditions;
    }

    private boolean isHeard(Container container) {
        return history.agreesWith(container, clock.instant());
    }

    /**
     * Judges the state of a service after one of its containers was removed.
     *
     * @param last the removed container, as it was last read
     * @param there all containers of the host
     * @param others the service's other containers
     * @return empty while another may yet take its place; it is then among {@link #waiting}
     */
    public synchronized List<Condition> gone(
            String service, boolean postgres, Container last, Iterable<Container> there, List<Container> others) {
        StatusObservation look = lookAt(service, postgres, last);
        Departed before = departed.get(last.id());
        Instant since = before == null ? look.at() : before.since();
        for (Container other : there) {
            if (other.identity().equals(last.identity())) {
                departed.remove(last.id());
                return updates.isSuccessor(look, other) ? updates.judge(look, other) : List.of();
            }
        }
        if (!others.isEmpty()) {
            // The service's other containers go on with its work.
            departed.remove(last.id());
            return stand(service, postgres, others.stream());
        }
        List<Condition> conditions =
                new ArrayList<>(rule.gone(look, since).stream().toList());
        if (!conditions.isEmpty()) {
            // Only that: an alert that begins again in the same moment would not be notified as resolved.
            rule.troubleRemoved(look).ifPresent(over -> conditions.set(0, over));
        }
        if (conditions.isEmpty()) {
            departed.put(last.id(), new Departed(service, postgres, last, since));
        } else {
            departed.remove(last.id());
            conditions.add(MemoryKillRule.gone(look));
        }
        return conditions;
    }

    /**
     * Returns a service's state at this moment, without the delays that alerts have.
     *
     * @param containers of the service, at least one
     */
    public synchronized ServiceState state(String service, boolean postgres, List<Container> containers) {
        return ServiceState.worst(containers.stream()
                .map(container ->
                        isHeard(container) ? ServiceState.of(lookAt(service, postgres, container)) : ServiceState.ENDS)
                .toList());
    }

    /** Returns the removed containers that another may yet replace. Call {@link #gone} for them again. */
    public synchronized List<Container> waiting() {
        return departed.values().stream().map(Departed::container).toList();
    }

    /** Returns when an operator last ordered a container to end; empty if no event said so. */
    public synchronized Optional<Instant> lastOrder(String containerId) {
        return history.lastOrder(containerId);
    }

    private StatusObservation lookAt(String service, boolean postgres, Container container) {
        Instant now = clock.instant();
        Optional<ContainerHistory.Order> order = history.order(container.id());
        return new StatusObservation(
                service,
                postgres,
                container,
                order.map(ContainerHistory.Order::at),
                order.filter(ContainerHistory.Order::kill).isPresent(),
                history.crashes(container.id(), now),
                Optional.ofNullable(databases.get(service)),
                now);
    }

    /** Returns the time by which states are judged. */
    public Instant now() {
        return clock.instant();
    }
}
