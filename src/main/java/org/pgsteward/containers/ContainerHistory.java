package org.pgsteward.containers;

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
import org.pgsteward.model.Container;
import org.pgsteward.model.ContainerEvent;

/**
 * The orders, ends and memory kills of each container, from the engine's events. An end that an operator ordered is no
 * crash: the engine sends {@code kill} with a signal before {@code die}, and {@code stop} only after it. For one thread at a
 * time.
 */
final class ContainerHistory {
    /** Signals that do not end a program: HUP, USR1, USR2, WINCH. */
    private static final Set<String> HARMLESS_SIGNALS =
            Set.of("1", "10", "12", "28", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGWINCH");

    /** The signal that a program cannot catch. {@code docker stop} sends it too, after another that the program ignored. */
    private static final Set<String> KILL = Set.of("9", "SIGKILL", "KILL");

    /** An end later than this after an order has another cause: the program survived the signal. */
    private static final Duration OBEYED_WITHIN = Duration.ofMinutes(10);

    /**
     * The list of containers may show an end before its events are read, which say whether an operator ordered it. After
     * this time they are read, or are lost.
     */
    private static final Duration EVENTS_READ_WITHIN = Duration.ofSeconds(5);

    /** The engine mostly sends {@code oom} about a tenth of a second before the {@code die} that it leads to. */
    private static final Duration KILLED_WITHIN = Duration.ofSeconds(2);

    /** Containers, or services, that are remembered at most. */
    private static final int REMEMBERED = 500;

    /** The order that is not yet obeyed, or that ended the container. */
    private final Map<String, Order> asked = new LinkedHashMap<>();

    /** The time of each order, kept when the container starts again. */
    private final Map<String, Instant> orders = new LinkedHashMap<>();

    /** The {@code die} event since the last start. */
    private final Map<String, Instant> ended = new LinkedHashMap<>();

    /** When the list first showed an end without a {@code die} event. */
    private final Map<String, Instant> unheard = new LinkedHashMap<>();

    private final Map<String, List<StatusObservation.Crash>> crashes = new LinkedHashMap<>();
    private final Map<String, List<Instant>> kills = new LinkedHashMap<>();

    /**
     * An order to end a container.
     *
     * @param kill whether it left the program no time to end by itself: {@code docker kill}, and no {@code docker stop}
     */
    record Order(Instant at, boolean kill) {}

    /** Adds an event. A repeated event counts once, if all events after it are repeated as well. */
    void note(ContainerEvent event) {
        String id = event.containerId();
        switch (event.action()) {
            case "kill" -> {
                String signal = event.attributes().getOrDefault("signal", "");
                if (!HARMLESS_SIGNALS.contains(signal)) {
                    ordered(id, event.at(), KILL.contains(signal));
                }
            }
            case "stop" -> ordered(id, event.at(), false);
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

    private void ordered(String id, Instant at, boolean kill) {
        asked.merge(id, new Order(at, kill), (first, more) -> new Order(first.at(), first.kill() && more.kill()));
        orders.put(id, at);
        forgetOldest(asked);
        forgetOldest(orders);
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
            boolean memory = kills(id).stream().anyMatch(kill -> isTogether(kill, event.at()));
            add(crashes, id, new StatusObservation.Crash(event.at(), code, memory), crash -> isOver(crash, event.at()));
        }
    }

    /** The {@code oom} event may come after the end that it led to. */
    private static List<StatusObservation.Crash> explained(List<StatusObservation.Crash> ends, Instant kill) {
        return ends.stream()
                .map(end -> isTogether(kill, end.at()) ? new StatusObservation.Crash(end.at(), end.code(), true) : end)
                .collect(Collectors.toCollection(ArrayList::new));
    }

    private static boolean isTogether(Instant kill, Instant end) {
        return !kill.plus(KILLED_WITHIN).isBefore(end)
                && !kill.minus(KILLED_WITHIN).isAfter(end);
    }

    /** Returns whether the engine's state of a container agrees with the events. */
    boolean agreesWith(Container container, Instant now) {
        if (container.state() == Container.State.RUNNING) {
            // Otherwise the state was read before the container ended, and is out of date.
            Instant end = ended.getOrDefault(container.id(), Instant.MIN);
            return container.startedAt().filter(end::isAfter).isEmpty();
        }
        boolean over = container.state() == Container.State.EXITED || container.state() == Container.State.DEAD;
        if (!over || container.oomKilled() || ended.containsKey(container.id())) {
            return true;
        }
        Instant seen = unheard.computeIfAbsent(container.id(), first -> now);
        forgetOldest(unheard);
        return !seen.plus(EVENTS_READ_WITHIN).isAfter(now);
    }

    /** Returns the order to end the container, since it was last started. */
    Optional<Order> order(String id) {
        return Optional.ofNullable(asked.get(id));
    }

    /** Returns the time of the last order to end the container, also if it runs again. */
    Optional<Instant> lastOrder(String id) {
        return Optional.ofNullable(orders.get(id));
    }

    /** Returns the crashes within the last {@link StatusWatch#LOOP}, oldest first. */
    List<StatusObservation.Crash> crashes(String id, Instant now) {
        return crashes.getOrDefault(id, List.of()).stream()
                .filter(crash -> !isOver(crash, now))
                .toList();
    }

    /** Returns when the kernel killed a process of the container, oldest first. */
    List<Instant> kills(String id) {
        return kills.getOrDefault(id, List.of());
    }

    private static boolean isOver(StatusObservation.Crash crash, Instant now) {
        return !crash.at().plus(StatusWatch.LOOP).isAfter(now);
    }

    private static <T> void add(Map<String, List<T>> events, String id, T event, Predicate<T> isOver) {
        List<T> all = events.computeIfAbsent(id, first -> new ArrayList<>());
        all.removeIf(isOver);
        // An event may come twice: from the engine's memory and from the feed.
        if (!all.contains(event)) {
            all.add(event);
        }
        forgetOldest(events);
    }

    /** Removes the oldest entry if there are too many. */
    static void forgetOldest(Map<String, ?> map) {
        if (map.size() > REMEMBERED) {
            map.remove(map.keySet().iterator().next());
        }
    }
}
