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
 * How much of a resource each role usually has: some seconds before the last calm reading, and as an exponential moving
 * average over all calm readings. A role that had its part before is not to blame when another one takes the rest. For one thread.
 */
final class UsualUse {
    /** After a shortage, the average does not change for this time. */
    private static final Duration UNREST = Duration.ofMinutes(1);

    /** Growth within this time is sudden. A reading is calm if the last shortage was longer ago. */
    private static final Duration SUDDEN = Duration.ofSeconds(10);

    private record Reading(Instant at, Map<String, Long> used) {}

    private final Duration averaged;
    private final long forgotten;
    private final Map<String, Double> byRole = new HashMap<>();

    /** Calm readings; only the first one is older than {@link #SUDDEN}, measured from the last one. */
    private final Deque<Reading> calm = new ArrayDeque<>();

    private @Nullable Instant addedAt;
    private Instant shortageAt = Instant.MIN;

    /**
     * @param averaged the time constant of the average
     * @param forgotten an average below this amount counts as 0
     */
    UsualUse(Duration averaged, long forgotten) {
        this.averaged = averaged;
        this.forgotten = forgotten;
    }

    /**
     * Adds a reading, unless there is or was a shortage. The first one is the average, whatever it shows.
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

    /** Returns what a role has beyond its average. */
    long growth(String role, long used) {
        return Math.max(0, used - of(role));
    }

    /** Returns what a role has beyond its amount some seconds before the last calm reading. */
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
