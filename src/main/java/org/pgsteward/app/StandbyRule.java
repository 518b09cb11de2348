package org.pgsteward.app;

import java.time.Duration;
import java.time.Instant;
import org.pgsteward.postgres.DaemonLock;

/**
 * Whether a daemon works or stands by. Pure.
 *
 * <ol>
 *   <li>The one with the lock works, and every other one stands by.
 *   <li>While PostgreSQL cannot be asked, each goes on as it was: the one at work has to say that PostgreSQL is down. One
 *       that starts then works.
 *   <li>After its connection broke, as by a restart of PostgreSQL, one that stands by leaves the other one half a minute
 *       to come back. The one at work may be slow to do so on a loaded host.
 *   <li>Where no other daemon holds the lock, a daemon works without it. A session of its own can hold the lock that broke
 *       and that PostgreSQL has not given up yet.
 * </ol>
 */
final class StandbyRule {
    static final Duration GRACE = Duration.ofSeconds(30);

    /** What a daemon is doing. */
    enum Role {
        STARTING,
        WORKING,
        STANDING_BY
    }

    private StandbyRule() {}

    /**
     * Returns whether the lock may be taken now.
     *
     * @param broken when the connection broke last, as far as it has
     */
    static boolean mayTake(Role role, Instant broken, Instant now) {
        return role != Role.STANDING_BY || !broken.plus(GRACE).isAfter(now);
    }

    /**
     * Returns what to do next.
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

    /** No daemon has the lock. One that stands by works once the time is over in which another one may come back. */
    private static Role withoutOther(Role role, boolean tried) {
        return role == Role.STANDING_BY && !tried ? Role.STANDING_BY : Role.WORKING;
    }
}
