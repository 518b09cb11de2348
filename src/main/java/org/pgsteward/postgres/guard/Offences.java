package org.pgsteward.postgres.guard;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;

/**
 * The incidents that each role caused within ten minutes, by weight. If their sum reaches 60, the guard disables the
 * role's login. One incident may be a mistake of an application, but repeated incidents keep all other services from
 * working.
 */
public final class Offences {
    /** How long an incident counts. */
    public static final Duration COUNTED = Duration.ofMinutes(10);

    private static final int ENOUGH = 60;

    /** The most incidents that are kept of one role. */
    private static final int MOST_KEPT = 100;

    /** Kinds of incidents, with their weights. */
    public enum Kind {
        /** The guard terminated a session because of its locks. */
        SESSION(3),
        /** The guard terminated all sessions of the role to prevent an out-of-memory crash. */
        MEMORY(10),
        /** PostgreSQL crashed for lack of memory, and the role had a large share of the memory. */
        CRASH(20),
        /** PostgreSQL crashed again within 30 seconds because the kernel killed a process of the role. */
        KILLED(12),
        /** The role had large temporary files, or filled the queue of {@code NOTIFY}, when the disk was nearly full. */
        HELD_DISK(10),
        /** A session did not end within some seconds after the guard terminated it. */
        STILL_RUNNING(30);

        private final int weight;

        Kind(int weight) {
            this.weight = weight;
        }
    }

    private record Offence(Kind kind, Instant at) {}

    private final Map<String, Deque<Offence>> byRole = new HashMap<>();

    /** Adds an incident. */
    public void add(String role, Kind kind, Instant at) {
        Deque<Offence> offences = byRole.computeIfAbsent(role, unknown -> new ArrayDeque<>());
        offences.addLast(new Offence(kind, at));
        if (offences.size() > MOST_KEPT) {
            offences.removeFirst();
        }
    }

    /**
     * Returns whether none of a role's incidents proves that its statements are the cause: all of them show only that
     * memory or disk ran out.
     */
    public boolean areUncertain(String role) {
        return byRole.getOrDefault(role, new ArrayDeque<>()).stream()
                .allMatch(one -> one.kind() != Kind.SESSION && one.kind() != Kind.STILL_RUNNING);
    }

    /** Returns whether the weights of a role reach the limit. */
    public boolean isEnough(String role, Instant now) {
        removeOld(now);
        return byRole.getOrDefault(role, new ArrayDeque<>()).stream()
                        .mapToInt(one -> one.kind().weight)
                        .sum()
                >= ENOUGH;
    }

    /** Removes the incidents of a role. */
    public void reset(String role) {
        byRole.remove(role);
    }

    private void removeOld(Instant now) {
        byRole.values()
                .forEach(offences ->
                        offences.removeIf(one -> one.at().plus(COUNTED).isBefore(now)));
        byRole.values().removeIf(Deque::isEmpty);
    }
}
