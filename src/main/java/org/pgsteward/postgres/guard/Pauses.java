package org.pgsteward.postgres.guard;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Shut-outs that end by themselves. When several roles take the memory, it is not certain which one is to blame, so the first
 * shut-outs of a service for that reason are short. For one thread.
 */
public final class Pauses {
    /** How long a pause lasts. */
    public static final Duration LENGTH = Duration.ofMinutes(5);

    private static final Duration COUNTED = Duration.ofHours(1);

    /** Pauses of a service within {@link #COUNTED}; the next shut-out lasts. */
    private static final int MOST = 2;

    private record Pause(Instant until, int connectionLimit) {}

    private final Map<String, Pause> present = new HashMap<>();
    private final Map<String, List<Instant>> begun = new HashMap<>();

    /** Returns whether the next shut-out of a service may be a pause. */
    public boolean isAllowed(String service, Instant now) {
        begun.values()
                .forEach(times -> times.removeIf(time -> time.plus(COUNTED).isBefore(now)));
        begun.values().removeIf(List::isEmpty);
        return begun.getOrDefault(service, List.of()).size() < MOST;
    }

    /** @param connectionLimit of the role, which it gets back */
    public void begin(String service, int connectionLimit, Instant now) {
        present.put(service, new Pause(now.plus(LENGTH), connectionLimit));
        begun.computeIfAbsent(service, unknown -> new ArrayList<>()).add(now);
    }

    /** Returns the services whose pause goes on, or is to be ended. */
    public Set<String> services() {
        return Set.copyOf(present.keySet());
    }

    /** Returns the services whose pause is to be ended, with the connection limit of the role. */
    public Map<String, Integer> over(Instant now) {
        return present.entrySet().stream()
                .filter(entry -> !entry.getValue().until().isAfter(now))
                .collect(Collectors.toMap(
                        Map.Entry::getKey, entry -> entry.getValue().connectionLimit()));
    }

    /** Ends the pauses of all other services. */
    public void retain(Set<String> services) {
        present.keySet().retainAll(services);
    }

    /** Ends the pause of a service. */
    public void end(String service) {
        present.remove(service);
    }
}
