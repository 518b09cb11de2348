package org.pgsteward.postgres.guard;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The private memory that each role usually has: an exponential moving average over calm readings. A role that has had its
 * memory for minutes is not to blame when another one takes the rest. For one thread.
 */
final class UsualMemory {
    /** Time constant of the average. */
    private static final Duration AVERAGED = Duration.ofMinutes(1);

    /** Averages below this number of bytes are forgotten. */
    private static final long FORGOTTEN = 1 << 20;

    private final Map<String, Double> bytes = new HashMap<>();
    private @Nullable Instant addedAt;

    /** Adds a reading. The first one is the average, whatever it shows. */
    void add(Instant at, Map<String, Long> bytesByRole) {
        double share = addedAt == null ? 1 : share(Duration.between(addedAt, at));
        addedAt = at;
        Set<String> roles = new HashSet<>(bytes.keySet());
        roles.addAll(bytesByRole.keySet());
        for (String role : roles) {
            double before = bytes.getOrDefault(role, 0.0);
            bytes.put(role, before + share * (bytesByRole.getOrDefault(role, 0L) - before));
        }
        bytes.values().removeIf(average -> average < FORGOTTEN);
    }

    /** Returns whether no reading was added yet. */
    boolean isEmpty() {
        return addedAt == null;
    }

    /** Returns the average of a role in bytes; 0 for an unknown role. */
    long of(String role) {
        return bytes.getOrDefault(role, 0.0).longValue();
    }

    private static double share(Duration passed) {
        return 1 - Math.exp(-(double) Math.max(0, passed.toMillis()) / AVERAGED.toMillis());
    }
}
