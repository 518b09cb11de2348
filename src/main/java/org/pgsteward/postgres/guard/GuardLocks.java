package org.pgsteward.postgres.guard;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Set;
import org.pgsteward.postgres.AdvisoryLock;
import org.pgsteward.postgres.LockTable;
import org.pgsteward.postgres.Query;

/**
 * The locks of a guard's session: {@code ACCESS SHARE} on the catalogs and the views that the guard reads, and advisory
 * locks as a reserve of free entries in the server's lock table.
 */
final class GuardLocks {
    /** Sets the timeout before each statement of the guard that may wait for a lock. */
    static final String TIMEOUT = "SET LOCAL lock_timeout = '1s'";

    private static final String CATALOGS = """
            SELECT pg_catalog.string_agg(pg_catalog.format('pg_catalog.%I', relname), ', ')
              FROM pg_catalog.pg_class
             WHERE relnamespace = 'pg_catalog'::pg_catalog.regnamespace AND relkind = 'r'
            """;

    /** The views that the guard reads, and {@code pg_settings}, which every role may lock. */
    private static final String VIEWS =
            "pg_catalog.pg_locks, pg_catalog.pg_stat_activity, pg_catalog.pg_roles, pg_catalog.pg_settings";

    private static final Set<String> LOCK_NOT_AVAILABLE = Set.of("55P03");

    /** A query without rows. Its planner locks every index of the catalogs. */
    private static final String INDEXES = """
            SELECT pg_catalog.string_agg(
                       pg_catalog.format('SELECT 1 FROM pg_catalog.%I WHERE false', relname), ' UNION ALL ')
              FROM pg_catalog.pg_class
             WHERE relnamespace = 'pg_catalog'::pg_catalog.regnamespace AND relkind = 'r'
            """;

    /** 1,000 locks, or a twentieth of the lock table if that is less; none if the table is more than half full. */
    private static final String RESERVE =
            LockTable.PLACES + """
            SELECT pg_catalog.count(*)
              FROM places, LATERAL pg_catalog.generate_series(
                       1, CASE WHEN taken < there * 0.5 THEN LEAST(1000, there / 20) ELSE 0 END) AS n
             WHERE pg_catalog.pg_try_advisory_lock({reserve}, n::int)
            """.replace("{reserve}", Integer.toString(AdvisoryLock.Kind.RESERVE.number()));

    /** 20 more locks, which are released to run {@code ALTER ROLE} while the lock table is full. */
    private static final String OWN_RESERVE =
            "SELECT pg_catalog.count(*) FROM pg_catalog.generate_series(1000001, 1000020) AS n"
                    + " WHERE pg_catalog.pg_try_advisory_lock(" + AdvisoryLock.Kind.RESERVE.number() + ", n)";

    private static final Set<String> TABLE_FULL = Set.of("53200");

    private boolean catalogsLocked;
    private boolean viewsLocked;
    private boolean hasReserve;
    private boolean hasOwnReserve;

    /**
     * Takes the locks that the session does not have yet.
     *
     * @param withReserve whether to take the reserves too; the large one is taken only in a new transaction
     */
    void take(Connection session, boolean withReserve) throws SQLException {
        boolean isNew = !catalogsLocked;
        if (isNew) {
            Query.run(session, TIMEOUT);
            Query.run(session, "LOCK TABLE " + Sql.value(session, CATALOGS) + " IN ACCESS SHARE MODE");
            Query.run(session, Sql.value(session, INDEXES));
            catalogsLocked = true;
        }
        if (!viewsLocked) {
            viewsLocked = lockViews(session);
        }
        if (withReserve && !hasOwnReserve) {
            hasOwnReserve = takeOwnReserve(session);
        }
        if (withReserve && isNew) {
            takeReserve(session);
        }
    }

    /**
     * Locks the views, and returns whether it succeeded. If another session has locked a view, the check finds that
     * session.
     */
    private static boolean lockViews(Connection session) throws SQLException {
        return Sql.attempt(session, LOCK_NOT_AVAILABLE, () -> {
                    Query.run(session, "LOCK TABLE " + VIEWS + " IN ACCESS SHARE MODE");
                    return true;
                })
                .isPresent();
    }

    /** Takes the large reserve, unless the lock table is more than half full. */
    void takeReserve(Connection session) throws SQLException {
        hasReserve = hasReserve || !Sql.value(session, RESERVE).equals("0");
    }

    /** Releases the large reserve for other sessions, since each login needs some locks. */
    void releaseReserve(Connection session) throws SQLException {
        releaseAll(session);
        hasOwnReserve = takeOwnReserve(session);
    }

    /** Releases both reserves. */
    void releaseAll(Connection session) throws SQLException {
        // The guard's session has no other advisory locks.
        AdvisoryLock.release(session);
        hasReserve = false;
        hasOwnReserve = false;
    }

    private static boolean takeOwnReserve(Connection session) throws SQLException {
        return Sql.attempt(session, TABLE_FULL, () -> Sql.value(session, OWN_RESERVE))
                .isPresent();
    }

    /** Records a rollback to a savepoint. The locks on the views may have been taken after it. */
    void rolledBackToSavepoint() {
        viewsLocked = false;
    }

    /** Records the end of the transaction. Advisory locks belong to the session and stay. */
    void transactionEnded() {
        catalogsLocked = false;
        viewsLocked = false;
    }

    void sessionEnded() {
        transactionEnded();
        hasReserve = false;
        hasOwnReserve = false;
    }
}
