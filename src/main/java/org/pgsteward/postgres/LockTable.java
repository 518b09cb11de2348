package org.pgsteward.postgres;

/**
 * SQL about the table in which PostgreSQL keeps the locks of all sessions. Its size is fixed when the server starts.
 * Fast-path locks are not in it, and predicate locks of serializable transactions have a table of their own.
 */
public final class LockTable {
    /**
     * The number of sessions and transactions for which the table has {@code max_locks_per_transaction} places each.
     */
    public static final String HOLDERS = """
            (pg_catalog.current_setting('max_connections')::int
             + pg_catalog.current_setting('autovacuum_max_workers')::int + 1
             + pg_catalog.current_setting('max_worker_processes')::int
             + pg_catalog.current_setting('max_wal_senders')::int
             + pg_catalog.current_setting('max_prepared_transactions')::int)
            """;

    /** The number of places. */
    public static final String SIZE =
            "(pg_catalog.current_setting('max_locks_per_transaction')::bigint * " + HOLDERS.strip() + ")";

    /** The condition that a row of {@code pg_locks AS l} is in the table. */
    public static final String IS_IN_IT = "(NOT l.fastpath AND l.mode <> 'SIReadLock')";

    /** The number of used places. Several sessions that lock the same object share its place. */
    public static final String TAKEN = """
            pg_catalog.count(DISTINCT (l.locktype, l.database, l.relation, l.page, l.tuple, l.virtualxid,
                                       l.transactionid::text, l.classid, l.objid, l.objsubid))
            """;

    /**
     * A common table expression {@code places} with the number of entries of the lock table ({@code there}) and of used
     * ones ({@code taken}).
     */
    public static final String PLACES =
            """
            WITH places AS (
                SELECT {size} AS there,
                       (SELECT {taken} FROM pg_catalog.pg_locks AS l WHERE {isInIt}) AS taken)
            """.replace("{size}", SIZE).replace("{taken}", TAKEN).replace("{isInIt}", IS_IN_IT);

    private LockTable() {}
}
