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
 * Shut-outs that end by themselves. When several roles take the memory, it is not certain which one is to blame, so shut-outs
 * for that reason do not last. The second and third one within some hours are longer. For one thread.
 */
public final class Pauses {
    /** The lengths of the first, second, and each further pause of a service. */
    private static final List<Duration> LENGTHS =
            List.of(Duration.ofMinutes(5), Duration.ofMinutes(15), Duration.ofHours(1));

    private static final Duration COUNTED = Duration.ofHours(4);

    private record Pause(Instant until, int connectionLimit) {}

    private final Map<String, Pause> present = new HashMap<>();
    private final Map<String, List<Instant>> begun = new HashMap<>();

    /**
     * Begins a pause.
     *
     * @param connectionLimit of the role, which it gets back
     * @return how long it lasts
     */
    public Duration begin(String service, int connectionLimit, Instant now) {
        begun.values()
                .forEach(times -> times.removeIf(time -> time.plus(COUNTED).isBefore(now)));
        begun.values().removeIf(List::isEmpty);
        List<Instant> times = begun.computeIfAbsent(service, unknown -> new ArrayList<>());
        Duration length = LENGTHS.get(Math.min(times.size(), LENGTHS.size() - 1));
        times.add(now);
        present.put(service, new Pause(now.plus(length), connectionLimit));
        return length;
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
