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
 * Shut-outs that end after a time. When several roles take the memory, the cause is uncertain, so such a shut-out is
 * temporary. A full disk is no longer a danger once it has space again. The second and third shut-out within four hours
 * are longer. Not thread-safe.
 */
public final class Pauses {
    /** The lengths of the first, the second and each further pause of a service. */
    private static final List<Duration> LENGTHS =
            List.of(Duration.ofMinutes(5), Duration.ofMinutes(15), Duration.ofHours(1));

    private static final Duration COUNTED = Duration.ofHours(4);

    private record Pause(Instant until, int connectionLimit, boolean needsDiskSpace) {}

    private final Map<String, Pause> present = new HashMap<>();
    private final Map<String, List<Instant>> begun = new HashMap<>();

    /**
     * Begins a pause.
     *
     * @param connectionLimit the role's connection limit, which the end of the pause restores
     * @param needsDiskSpace whether the pause also lasts until the disk has space again
     * @return the shortest length of the pause
     */
    public Duration begin(String service, int connectionLimit, boolean needsDiskSpace, Instant now) {
        begun.values()
                .forEach(times -> times.removeIf(time -> time.plus(COUNTED).isBefore(now)));
        begun.values().removeIf(List::isEmpty);
        List<Instant> times = begun.computeIfAbsent(service, unknown -> new ArrayList<>());
        Duration length = LENGTHS.get(Math.min(times.size(), LENGTHS.size() - 1));
        times.add(now);
        present.put(service, new Pause(now.plus(length), connectionLimit, needsDiskSpace));
        return length;
    }

    /** Returns the services with a pause, including pauses that are due to end. */
    public Set<String> services() {
        return Set.copyOf(present.keySet());
    }

    /**
     * Returns the services whose pause is due to end, with the connection limit of the role.
     *
     * @param hasDiskSpace whether the disk has space again
     */
    public Map<String, Integer> over(Instant now, boolean hasDiskSpace) {
        return present.entrySet().stream()
                .filter(entry -> !entry.getValue().until().isAfter(now))
                .filter(entry -> hasDiskSpace || !entry.getValue().needsDiskSpace())
                .collect(Collectors.toMap(
                        Map.Entry::getKey, entry -> entry.getValue().connectionLimit()));
    }

    /** Ends the pauses of all services except these. */
    public void retain(Set<String> services) {
        present.keySet().retainAll(services);
    }

    /** Ends the pause of a service. */
    public void end(String service) {
        present.remove(service);
    }
}
