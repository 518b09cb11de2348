package org.pgsteward.app;

import java.time.Duration;
import java.time.Instant;
import org.pgsteward.postgres.DaemonLock;
import org.pgsteward.postgres.DaemonLock.Take;

/**
 * Rule that decides whether a daemon works or stands by. Pure.
 *
 * <ol>
 *   <li>The daemon with the lock works, and every other one stands by.
 *   <li>While PostgreSQL is unavailable, each daemon keeps its role: the working one has to alert that PostgreSQL is
 *       down. A daemon that starts meanwhile works.
 *   <li>When a standby has reconnected, for example after a restart of PostgreSQL, it gives the other daemon 30 seconds
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
     * Returns whether a free lock is taken now. A restart of PostgreSQL ends the sessions of both daemons, and the
     * standby may be the first with a new one.
     *
     * @param reconnectedAt when this daemon last reconnected; {@link Instant#EPOCH} if it never did
     */
    static Take take(Role role, Instant reconnectedAt, Instant now) {
        if (role != Role.STANDING_BY) {
            return Take.ALWAYS;
        }
        // A clock that was set back by an hour must not extend the grace time by that hour.
        boolean grace = Duration.between(reconnectedAt, now).abs().compareTo(GRACE) < 0;
        return grace ? Take.NEVER : Take.UNLESS_RECONNECTED;
    }

    /** Returns the next role. */
    static Role next(Role role, DaemonLock.Check standing) {
        return switch (standing.state()) {
            case HELD -> Role.WORKING;
            case UNKNOWN -> role == Role.STARTING ? Role.WORKING : role;
            case TAKEN -> standing.other().isPresent() ? Role.STANDING_BY : withoutOther(role, standing.tried());
        };
    }

    /** Returns the role if no daemon has the lock. A standby works only after the grace time for the other daemon. */
    private static Role withoutOther(Role role, boolean tried) {
        return role == Role.STANDING_BY && !tried ? Role.STANDING_BY : Role.WORKING;
    }
}
