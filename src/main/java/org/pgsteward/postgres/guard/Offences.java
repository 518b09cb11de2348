package org.pgsteward.postgres.guard;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;

/**
 * What roles did to all others within the last ten minutes: enough, and a role is shut out. A mistake of an application is
 * not; its session ends, and that of a program that comes back with the same again and again is no mistake.
 */
public final class Offences {
    /** How long one counts. */
    public static final Duration COUNTED = Duration.ofMinutes(10);

    private static final int ENOUGH = 60;

    /** More than enough of the least. */
    private static final int MOST_KEPT = 100;

    /** What it is, with how much it counts. */
    public enum Kind {
        /** A session was ended. */
        SESSION(3),
        /** All sessions of all roles were about to end for want of memory, and its own were ended instead. */
        MEMORY(10),
        /** All sessions of all roles ended for want of memory, of which it had much. */
        CRASH(20),
        /** All sessions of all roles ended, again within half a minute, since the kernel killed its process. */
        KILLED(12),
        /** A session was told to end, and did not for seconds. */
        ENDURING(30);

        private final int weight;

        Kind(int weight) {
            this.weight = weight;
        }
    }

    private record Offence(Kind kind, Instant at) {}

    private final Map<String, Deque<Offence>> byRole = new HashMap<>();

    /** Counts one. */
    public void add(String role, Kind kind, Instant at) {
        Deque<Offence> offences = byRole.computeIfAbsent(role, unknown -> new ArrayDeque<>());
        offences.addLast(new Offence(kind, at));
        if (offences.size() > MOST_KEPT) {
            offences.removeFirst();
        }
    }

    /** Whether it is enough. */
    public boolean isEnough(String role, Instant now) {
        forget(now);
        return byRole.getOrDefault(role, new ArrayDeque<>()).stream()
                        .mapToInt(one -> one.kind().weight)
                        .sum()
                >= ENOUGH;
    }

    /** Begins anew with a role. */
    public void forgive(String role) {
        byRole.remove(role);
    }

    private void forget(Instant now) {
        byRole.values()
                .forEach(offences ->
                        offences.removeIf(one -> one.at().plus(COUNTED).isBefore(now)));
        byRole.values().removeIf(Deque::isEmpty);
    }
}
