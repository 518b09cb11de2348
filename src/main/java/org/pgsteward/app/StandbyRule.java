package org.pgsteward.app;

import java.time.Duration;
import java.time.Instant;
import org.pgsteward.postgres.DaemonLock;

/**
 * Rule that decides whether a daemon works or stands by. Pure.
 *
 * <ol>
 *   <li>The daemon with the lock works, and every other one stands by.
 *   <li>While PostgreSQL is unavailable, each daemon keeps its role: the working one has to alert that PostgreSQL is
 *       down. A daemon that starts meanwhile works.
 *   <li>After its connection broke, for example by a restart of PostgreSQL, a standby gives the other daemon 30 seconds
 *       to return. On a loaded host the working daemon may need them.
 *   <li>If no other daemon holds the lock, a daemon works without it. The holder can be a broken session of its own
 *       that PostgreSQL has not ended yet.
 * </ol>
 */
final class StandbyRule {
    static final Duration GRACE = Duration.ofSeconds(30);

    /** Role of a daemon. */
    enum Role {
        STARTING,
        WORKING,
        STANDING_BY
    }

    private StandbyRule() {}

    /**
     * Returns whether the lock may be taken now.
     *
     * @param broken last time at which the connection broke; {@link Instant#EPOCH} if it never did
     */
    static boolean mayTake(Role role, Instant broken, Instant now) {
        return role != Role.STANDING_BY || !broken.plus(GRACE).isAfter(now);
    }

    /**
     * Returns the next role.
     *
     * @param tried whether this daemon has just tried to take the lock
     */
    static Role next(Role role, DaemonLock.Check standing, boolean tried) {
        return switch (standing.state()) {
            case HELD -> Role.WORKING;
            case UNKNOWN -> role == Role.STARTING ? Role.WORKING : role;
            case TAKEN -> standing.other().isPresent() ? Role.STANDING_BY : withoutOther(role, tried);
        };
    }

    /** Returns the role if no daemon has the lock. A standby works only after the grace time for the other daemon. */
    private static Role withoutOther(Role role, boolean tried) {
        return role == Role.STANDING_BY && !tried ? Role.STANDING_BY : Role.WORKING;
    }
}
