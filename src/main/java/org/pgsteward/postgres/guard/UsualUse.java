package org.pgsteward.postgres.guard;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The usual use of a resource by each role: its amount some seconds before the last calm reading, and an exponential
 * moving average over all calm readings. A role that already had its share is not to blame when another role takes the
 * rest. Not thread-safe.
 */
final class UsualUse {
    /** The time after a shortage in which the average does not change. */
    private static final Duration UNREST = Duration.ofMinutes(1);

    /** The time within which growth is sudden. A reading is calm if the last shortage was longer ago. */
    private static final Duration SUDDEN = Duration.ofSeconds(10);

    private record Reading(Instant at, Map<String, Long> used) {}

    private final Duration averaged;
    private final long forgotten;
    private final Map<String, Double> byRole = new HashMap<>();

    /** Calm readings. Only the first is older than {@link #SUDDEN}, measured from the last one. */
    private final Deque<Reading> calm = new ArrayDeque<>();

    private @Nullable Instant addedAt;
    private Instant shortageAt = Instant.MIN;

    /**
     * Creates an empty history.
     *
     * @param averaged the time constant of the average
     * @param forgotten an average below this amount counts as 0
     */
    UsualUse(Duration averaged, long forgotten) {
        this.averaged = averaged;
        this.forgotten = forgotten;
    }

    /**
     * Adds a reading, unless there is a shortage or was one lately. The first reading becomes the average, even in a
     * shortage.
     *
     * @param used amounts by role
     */
    void add(Instant at, Map<String, Long> used, boolean shortage) {
        if (shortage) {
            shortageAt = at;
        }
        if (addedAt == null) {
            average(1, used);
            addedAt = at;
        } else if (shortageAt.isBefore(at.minus(UNREST))) {
            average(share(Duration.between(addedAt, at)), used);
            addedAt = at;
        }
        if (calm.isEmpty() || shortageAt.isBefore(at.minus(SUDDEN))) {
            remember(at, used);
        }
    }

    private void remember(Instant at, Map<String, Long> used) {
        if (!calm.isEmpty() && at.isBefore(calm.getLast().at())) {
            calm.clear(); // the clock was set back
        }
        calm.addLast(new Reading(at, Map.copyOf(used)));
        removeBefore(at.minus(SUDDEN));
    }

    /** Returns the average of a role; 0 for an unknown role. */
    long of(String role) {
        return byRole.getOrDefault(role, 0.0).longValue();
    }

    /** Returns by how much a role exceeds its average. */
    long growth(String role, long used) {
        return Math.max(0, used - of(role));
    }

    /** Returns by how much a role exceeds its amount some seconds before the last calm reading. */
    long suddenGrowth(String role, long used) {
        long before = calm.isEmpty() ? 0 : calm.getFirst().used().getOrDefault(role, 0L);
        return Math.max(0, used - before);
    }

    private void removeBefore(Instant limit) {
        Reading first = calm.removeFirst();
        while (!calm.isEmpty() && !calm.getFirst().at().isAfter(limit)) {
            first = calm.removeFirst();
        }
        calm.addFirst(first);
    }

    private void average(double share, Map<String, Long> used) {
        Set<String> roles = new HashSet<>(byRole.keySet());
        roles.addAll(used.keySet());
        for (String role : roles) {
            double before = byRole.getOrDefault(role, 0.0);
            byRole.put(role, before + share * (used.getOrDefault(role, 0L) - before));
        }
        byRole.values().removeIf(average -> average < forgotten);
    }

    private double share(Duration passed) {
        return 1 - Math.exp(-(double) Math.max(0, passed.toMillis()) / averaged.toMillis());
    }
}
