package org.pgsteward.postgres.guard;

/**
 * A session that was ended.
 *
 * @param database that it was connected to
 * @param what such as {@code locked pg_authid (AccessExclusiveLock)}, which it may have waited for
 * @param grave whether nobody does this by mistake; another may have more part in it that all locks are taken
 * @param gone whether it has ended; PostgreSQL does not interrupt everything that a statement may do
 */
public record Evicted(int pid, String role, String database, String what, boolean grave, boolean gone) {
    /** The same session when it has ended. */
    public Evicted ended() {
        return new Evicted(pid, role, database, what, grave, true);
    }

    Evicted still() {
        return new Evicted(pid, role, database, what, grave, false);
    }
}
