package org.pgsteward.postgres.guard;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Set;
import org.pgsteward.postgres.AdvisoryLock;
import org.pgsteward.postgres.LockTable;

/** The locks that the guard's session keeps, as softly as a reader does, and those that it holds for others. */
final class KeptLocks {
    /** For each statement of the guard that may have to wait for a lock. */
    static final String TIMEOUT = "SET LOCAL lock_timeout = '1s'";

    private static final String CATALOGS = """
            SELECT pg_catalog.string_agg(pg_catalog.format('pg_catalog.%I', relname), ', ')
              FROM pg_catalog.pg_class
             WHERE relnamespace = 'pg_catalog'::pg_catalog.regnamespace AND relkind = 'r'
            """;

    /** The views that our own looks read, and the one that every role may lock. */
    private static final String VIEWS =
            "pg_catalog.pg_locks, pg_catalog.pg_stat_activity, pg_catalog.pg_roles, pg_catalog.pg_settings";

    private static final Set<String> LOCK_NOT_AVAILABLE = Set.of("55P03");

    /** To plan it locks every index of the catalogs, too; it reads nothing. */
    private static final String INDEXES = """
            SELECT pg_catalog.string_agg(
                       pg_catalog.format('SELECT 1 FROM pg_catalog.%I WHERE false', relname), ' UNION ALL ')
              FROM pg_catalog.pg_class
             WHERE relnamespace = 'pg_catalog'::pg_catalog.regnamespace AND relkind = 'r'
            """;

    /** A thousand locks, or a twentieth of what there is, for a time when there are no others; none while there are few. */
    private static final String RESERVE =
            LockTable.PLACES + """
            SELECT pg_catalog.count(*)
              FROM places, LATERAL pg_catalog.generate_series(
                       1, CASE WHEN taken < there * 0.5 THEN LEAST(1000, there / 20) ELSE 0 END) AS n
             WHERE pg_catalog.pg_try_advisory_lock({reserve}, n::int)
            """.replace("{reserve}", Integer.toString(AdvisoryLock.Kind.RESERVE.number()));

    /** A few more, with which the guard itself shuts out. */
    private static final String OWN =
            "SELECT pg_catalog.count(*) FROM pg_catalog.generate_series(1000001, 1000020) AS n"
                    + " WHERE pg_catalog.pg_try_advisory_lock(" + AdvisoryLock.Kind.RESERVE.number() + ", n)";

    /** The guard's session has no others that last beyond a transaction. */
    private static final String RELEASE = "SELECT pg_catalog.pg_advisory_unlock_all()";

    private static final Set<String> NO_LOCKS = Set.of("53200");

    private boolean locked;
    private boolean viewsLocked;
    private boolean reserved;
    private boolean own;

    /**
     * Takes those on the catalogs, as far as the session does not have them. A new session takes the reserve, too: a role may be
     * about to take all locks.
     */
    void take(Connection session, boolean withReserve) throws SQLException {
        boolean isNew = !locked;
        if (isNew) {
            Ask.run(session, TIMEOUT);
            Ask.run(session, "LOCK TABLE " + Ask.text(session, CATALOGS) + " IN ACCESS SHARE MODE");
            Ask.run(session, Ask.text(session, INDEXES));
            locked = true;
        }
        if (!viewsLocked) {
            viewsLocked = lockViews(session);
        }
        if (withReserve && !own) {
            own = hasOwn(session);
        }
        if (withReserve && isNew) {
            reserve(session);
        }
    }

    /** Whether they are locked now; whoever has locked one of them is found by the look. */
    private static boolean lockViews(Connection session) throws SQLException {
        return Ask.attempt(session, LOCK_NOT_AVAILABLE, () -> {
                    Ask.run(session, "LOCK TABLE " + VIEWS + " IN ACCESS SHARE MODE");
                    return true;
                })
                .isPresent();
    }

    /** Takes locks for a time when there are no others, unless there are few already. */
    void reserve(Connection session) throws SQLException {
        reserved = reserved || !Ask.text(session, RESERVE).equals("0");
    }

    /** Others get them: a login needs some. */
    void giveReserve(Connection session) throws SQLException {
        giveOwn(session);
        own = hasOwn(session);
    }

    /** The guard needs them for what it does next. */
    void giveOwn(Connection session) throws SQLException {
        Ask.text(session, RELEASE);
        reserved = false;
        own = false;
    }

    private static boolean hasOwn(Connection session) throws SQLException {
        return Ask.attempt(session, NO_LOCKS, () -> Ask.text(session, OWN)).isPresent();
    }

    /** The session's transaction has ended. It still has what it holds for others and for itself. */
    void forget() {
        locked = false;
        viewsLocked = false;
    }

    /** The session has ended. */
    void lose() {
        forget();
        reserved = false;
        own = false;
    }
}
