package org.pgsteward.containers;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Container;
import org.pgsteward.model.ContainerEvent;

/**
 * Remembers what containers went through between two looks: who was told to stop, so that an end that somebody ordered is
 * not taken for a crash; how often each crashed; what the kernel killed; and who went and may come back as another
 * container. The engine says {@code kill} with a signal before {@code die}, and {@code stop} only after it. Safe for many
 * threads.
 */
public final class StatusWatch {
    /** The {@code kind} of alerts about the memory that a container uses, which monitoring raises. */
    public static final String MEMORY_HIGH = "memory-high";

    /** The {@code kind}s that end with the service's last container. */
    public static final Set<String> OF_CONTAINERS = Set.of(MEMORY_HIGH, MemoryKillRule.KIND);

    /** Within this time crashes count as one trouble. */
    static final Duration LOOP = Duration.ofMinutes(10);

    /** Signals that tell a program something without meaning its end: HUP, USR1, USR2, WINCH. */
    private static final Set<String> MERE_WORDS =
            Set.of("1", "10", "12", "28", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGWINCH");

    /** The signal that a program cannot catch. {@code docker stop} sends it too, after another that the program ignored. */
    private static final Set<String> KILL = Set.of("9", "SIGKILL", "KILL");

    /** A signal this old has been survived: what ends the container now is something else. */
    private static final Duration OBEYED_WITHIN = Duration.ofMinutes(10);

    /**
     * The list may show an end before the events are read that say whether somebody ordered it; by then they are, or will
     * never come.
     */
    private static final Duration HEARD_WITHIN = Duration.ofSeconds(5);

    /** The engine mostly says {@code oom} about a tenth of a second before the {@code die} that it leads to. */
    private static final Duration KILLED_WITHIN = Duration.ofSeconds(2);

    private static final int REMEMBERED = 500;

    private final StatusRule rule;
    private final UpdateRule updates;
    private final Clock clock;
    private final Instant since;
    private final Map<String, Order> asked = new LinkedHashMap<>();

    /** The time of each order, kept when the container starts again. */
    private final Map<String, Instant> orders = new LinkedHashMap<>();

    /** Whose end was heard, since it was last started. */
    private final Map<String, Instant> ended = new LinkedHashMap<>();

    /** Whose end was seen and not heard, and when it was seen first. */
    private final Map<String, Instant> unheard = new LinkedHashMap<>();

    private final Map<String, List<StatusLook.Crash>> crashes = new LinkedHashMap<>();
    private final Map<String, List<Instant>> kills = new LinkedHashMap<>();

    /** When services got their databases, as far as that was since our start. */
    private final Map<String, Instant> databases = new LinkedHashMap<>();

    private final Map<String, Departed> departed = new LinkedHashMap<>();

    /**
     * An order to end a container.
     *
     * @param kill whether it left the program no time to end by itself: {@code docker kill}, and no {@code docker stop}
     */
    private record Order(Instant at, boolean kill) {}

    /** A container that went, until it is clear whether another takes its place. */
    private record Departed(String service, boolean postgres, Container container, Instant since) {}

    public StatusWatch(StatusRule rule, Clock clock) {
        this.rule = rule;
        this.updates = new UpdateRule(rule.grace());
        this.clock = clock;
        this.since = clock.instant();
    }

    /**
     * To be given every event of a container, in order, before anyone looks because of it. What comes twice counts once,
     * when all that followed comes twice as well.
     */
    public synchronized void note(ContainerEvent event) {
        String id = event.containerId();
        switch (event.action()) {
            case "kill" -> {
                String signal = event.attributes().getOrDefault("signal", "");
                if (!MERE_WORDS.contains(signal)) {
                    remember(id, event.at(), KILL.contains(signal));
                }
            }
            case "stop" -> remember(id, event.at(), false);
            case "oom" -> {
                Instant old = event.at().minus(MemoryKillRule.SPAN);
                add(kills, id, event.at(), kill -> kill.isBefore(old));
                crashes.computeIfPresent(id, (container, ends) -> explained(ends, event.at()));
            }
            case "die" -> died(event);
            case "start" -> {
                asked.remove(id);
                ended.remove(id);
                unheard.remove(id);
            }
            default -> {}
        }
    }

    /** Remembers that a service has got its database just now. */
    public synchronized void databaseMade(String service) {
        databases.put(service, clock.instant());
        forgetOldest(databases);
    }

    private void died(ContainerEvent event) {
        String id = event.containerId();
        ended.put(id, event.at());
        forgetOldest(ended);
        Order order = asked.get(id);
        if (order != null && order.at().plus(OBEYED_WITHIN).isBefore(event.at())) {
            asked.remove(id);
            order = null;
        }
        String said = event.attributes().getOrDefault("exitCode", "");
        OptionalInt code = said.matches("[0-9]{1,3}") ? OptionalInt.of(Integer.parseInt(said)) : OptionalInt.empty();
        boolean peaceful = code.isPresent() && ExitCode.isPeaceful(code.getAsInt());
        if (order == null && !peaceful) {
            boolean memory = kills.getOrDefault(id, List.of()).stream().anyMatch(kill -> isTogether(kill, event.at()));
            add(crashes, id, new StatusLook.Crash(event.at(), code, memory), crash -> isOver(crash, event.at()));
        }
    }

    /** The kill may be heard after the end that it led to. */
    private static List<StatusLook.Crash> explained(List<StatusLook.Crash> ends, Instant kill) {
        return ends.stream()
                .map(end -> isTogether(kill, end.at()) ? new StatusLook.Crash(end.at(), end.code(), true) : end)
                .collect(Collectors.toCollection(ArrayList::new));
    }

    private static boolean isTogether(Instant kill, Instant end) {
        return !kill.plus(KILLED_WITHIN).isBefore(end)
                && !kill.minus(KILLED_WITHIN).isAfter(end);
    }

    /**
     * How a service is now, of whose containers this one is looked at.
     *
     * @param service whose it is
     * @param postgres whether it is the shared PostgreSQL
     * @param others that the service has: the worst of all counts
     * @return empty while it is too early to say; look again within a minute or so
     */
    public synchronized List<Condition> look(
            String service, boolean postgres, Container container, List<Container> others) {
        List<Condition> conditions = new ArrayList<>();
        departed.remove(container.id());
        for (Departed before : List.copyOf(departed.values())) {
            StatusLook gone = lookAt(before.service(), before.postgres(), before.container());
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
            StatusLook look = lookAt(service, postgres, container);
            states.add(isHeard(container) ? rule.judge(look) : Optional.empty());
            MemoryKillRule.judge(look, kills.getOrDefault(container.id(), List.of()), since)
                    .ifPresent(deaths::add);
        });
        List<Condition> conditions = new ArrayList<>();
        StatusRule.ofAll(states).ifPresent(conditions::add);
        deaths.stream().max(Condition.BY_SEVERITY).ifPresent(conditions::add);
        return conditions;
    }

    /** Whether what the engine says of its state agrees with the events. */
    private boolean isHeard(Container container) {
        if (container.state() == Container.State.RUNNING) {
            // It was looked at before it ended, and what came of that is read only now.
            Instant end = ended.getOrDefault(container.id(), Instant.MIN);
            return container.startedAt().filter(end::isAfter).isEmpty();
        }
        boolean over = container.state() == Container.State.EXITED || container.state() == Container.State.DEAD;
        if (!over || container.oomKilled() || ended.containsKey(container.id())) {
            return true;
        }
        Instant now = clock.instant();
        Instant seen = unheard.computeIfAbsent(container.id(), first -> now);
        forgetOldest(unheard);
        return !seen.plus(HEARD_WITHIN).isAfter(now);
    }

    /**
     * A container that is no longer there.
     *
     * @param last as it was when it was last seen
     * @param there those that are there, whoever's
     * @param others of those, the service's
     * @return empty while another may yet take its place; it is then among {@link #waiting}
     */
    public synchronized List<Condition> gone(
            String service, boolean postgres, Container last, Iterable<Container> there, List<Container> others) {
        StatusLook look = lookAt(service, postgres, last);
        Departed before = departed.get(last.id());
        Instant since = before == null ? look.at() : before.since();
        for (Container other : there) {
            if (other.identity().equals(last.identity())) {
                departed.remove(last.id());
                return updates.isSuccessor(look, other) ? updates.judge(look, other) : List.of();
            }
        }
        if (!others.isEmpty()) {
            // One of several of a service went: the others do its work, and its trouble is over.
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
     * A service's state as its containers are at this moment, without the patience that alerts have.
     *
     * @param containers of the service, at least one
     */
    public synchronized ServiceState state(String service, boolean postgres, List<Container> containers) {
        return ServiceState.worst(containers.stream()
                .map(container ->
                        isHeard(container) ? ServiceState.of(lookAt(service, postgres, container)) : ServiceState.ENDS)
                .toList());
    }

    /** Those that have gone and of which it is not yet clear whether another takes their place: to be looked at again. */
    public synchronized List<Container> waiting() {
        return departed.values().stream().map(Departed::container).toList();
    }

    /** When somebody last told a container to stop, as far as we were there to hear it. */
    public synchronized Optional<Instant> lastOrder(String containerId) {
        return Optional.ofNullable(orders.get(containerId));
    }

    private StatusLook lookAt(String service, boolean postgres, Container container) {
        Instant now = clock.instant();
        List<StatusLook.Crash> recent = crashes.getOrDefault(container.id(), List.of()).stream()
                .filter(crash -> !isOver(crash, now))
                .toList();
        Optional<Order> order = Optional.ofNullable(asked.get(container.id()));
        return new StatusLook(
                service,
                postgres,
                container,
                order.map(Order::at),
                order.filter(Order::kill).isPresent(),
                recent,
                Optional.ofNullable(databases.get(service)),
                now);
    }

    /** The time by which it judges. */
    public Instant now() {
        return clock.instant();
    }

    private static boolean isOver(StatusLook.Crash crash, Instant now) {
        return !crash.at().plus(LOOP).isAfter(now);
    }

    private void remember(String id, Instant at, boolean kill) {
        asked.merge(id, new Order(at, kill), (first, more) -> new Order(first.at(), first.kill() && more.kill()));
        orders.put(id, at);
        forgetOldest(asked);
        forgetOldest(orders);
    }

    private static <T> void add(Map<String, List<T>> events, String id, T event, Predicate<T> isOver) {
        List<T> all = events.computeIfAbsent(id, first -> new ArrayList<>());
        all.removeIf(isOver);
        // The engine's memory and the feed may both bring one.
        if (!all.contains(event)) {
            all.add(event);
        }
        forgetOldest(events);
    }

    private static void forgetOldest(Map<String, ?> map) {
        if (map.size() > REMEMBERED) {
            map.remove(map.keySet().iterator().next());
        }
    }
}
