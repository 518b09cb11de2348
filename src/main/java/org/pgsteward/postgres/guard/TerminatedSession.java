package org.pgsteward.postgres.guard;

/**
 * A session that the guard terminated because it harmed all services.
 *
 * @param database the session's database
 * @param reason such as {@code locked pg_authid (AccessExclusiveLock)}; the session may have waited for the lock
 * @param countsAsOffence whether the role is clearly the cause. With a small share of all locks it may not be, unless
 *     the session still runs.
 * @param ended whether the session has ended; PostgreSQL cannot interrupt every statement
 */
public record TerminatedSession(
        int pid, String role, String database, String reason, boolean countsAsOffence, boolean ended) {
    /** Returns this session as ended. */
    public TerminatedSession asEnded() {
        return new TerminatedSession(pid, role, database, reason, countsAsOffence, true);
    }

    /**
     * Returns this session as still running. It keeps its locks, so it counts as an offence whatever its share of all
     * locks.
     */
    TerminatedSession asRunning() {
        return new TerminatedSession(pid, role, database, reason, true, false);
    }
}
