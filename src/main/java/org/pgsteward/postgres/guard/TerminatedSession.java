package org.pgsteward.postgres.guard;

/**
 * A session that the guard terminated because it harmed all services.
 *
 * @param database that the session was connected to
 * @param reason such as {@code locked pg_authid (AccessExclusiveLock)}; the session may have waited for the lock
 * @param countsAsOffence whether the role is clearly the cause; below a share of all locks it may not be, unless
 *     the session still runs
 * @param ended whether the session has ended; PostgreSQL cannot interrupt every statement
 */
public record TerminatedSession(
        int pid, String role, String database, String reason, boolean countsAsOffence, boolean ended) {
    /** Returns the same session after it has ended. */
    public TerminatedSession asEnded() {
        return new TerminatedSession(pid, role, database, reason, countsAsOffence, true);
    }

    /** Returns the same session while it still runs. It keeps its locks, so its share of all locks does not matter. */
    TerminatedSession asRunning() {
        return new TerminatedSession(pid, role, database, reason, true, false);
    }
}
