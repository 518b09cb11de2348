package org.pgsteward.postgres.guard;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import org.pgsteward.postgres.Query;
import org.pgsteward.postgres.Quote;

/**
 * The shut-out of a service's role: {@code NOLOGIN} together with {@code CONNECTION LIMIT 0}. No other operation sets
 * both, so the catalog is the only record of a shut-out, and any other value ends it.
 */
final class ShutOut {
    /** A quarantine in progress may not have disabled the login yet. */
    private static final String MAY_LOG_IN =
            " AND (quarantined_at IS NULL OR EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = role_name AND rolcanlogin))";

    /** The first service with the role of a further one; null if there is none, or if the table has no such column yet. */
    private static final String COMPANION = "(pg_catalog.to_jsonb(s) ->> 'companion_of')";

    private static final String SERVICE = "SELECT service_name FROM public.service_configs AS s WHERE role_name = ?"
            + MAY_LOG_IN + " ORDER BY " + COMPANION + " IS NOT NULL, 1 LIMIT 1";

    private static final String SHUT_OUT = """
            SELECT s.service_name, r.rolname
              FROM public.service_configs AS s
              JOIN pg_catalog.pg_roles AS r ON r.rolname = s.role_name
             WHERE NOT r.rolcanlogin AND r.rolconnlimit = 0 AND s.quarantined_at IS NULL
               AND {companion} IS NULL
             ORDER BY 1 LIMIT 1000
            """.replace("{companion}", COMPANION);

    /** Locks the service's row, so that a quarantine that begins at this moment waits. */
    private static final String LOCK = """
            SELECT s.service_name
              FROM public.service_configs AS s
              JOIN pg_catalog.pg_roles AS r ON r.rolname = s.role_name
             WHERE r.rolname = ? AND NOT r.rolcanlogin AND r.rolconnlimit = 0 AND s.quarantined_at IS NULL
               FOR UPDATE OF s
            """;

    private static final String SESSIONS = """
            SELECT pg_catalog.count(pg_catalog.pg_terminate_backend(pid)) FROM pg_catalog.pg_stat_activity
             WHERE usename = ?
            """;

    /** A session that logs in while the role is altered appears a moment later. */
    private static final long LONGEST_NANOSECONDS = 2_000_000_000;

    private static final long AGAIN_NANOSECONDS = 20_000_000;

    private static final String SERVICES =
            "SELECT role_name, COALESCE(pg_catalog.min(service_name) FILTER (WHERE " + COMPANION + " IS NULL),"
                    + " pg_catalog.min(service_name)) FROM public.service_configs AS s"
                    + " WHERE role_name IS NOT NULL" + MAY_LOG_IN + " GROUP BY 1 LIMIT 1000";

    /** The table or column does not exist before the first start of pgsteward, or the lock table is full. */
    private static final Set<String> NOT_READABLE = Set.of("42P01", "42703", "53200", "55P03");

    private ShutOut() {}

    /** Returns the service of a role; empty if it has none, or if the table cannot be read. */
    static Optional<String> serviceOf(Connection session, String role) throws SQLException {
        return Sql.query(session, NOT_READABLE, () -> Query.first(session, SERVICE, row -> row.getString(1), role))
                .flatMap(service -> service);
    }

    /** Disables the login of a role once the caller commits. */
    static void disableLogin(Connection session, String role) throws SQLException {
        Query.run(session, GuardLocks.TIMEOUT);
        Query.run(session, "ALTER ROLE " + Quote.identifier(role) + " NOLOGIN CONNECTION LIMIT 0");
    }

    /** Enables the login of a role once the caller commits. Does nothing if the role is not shut out. */
    static void enableLogin(Connection session, String role, int connectionLimit) throws SQLException {
        Query.run(session, GuardLocks.TIMEOUT);
        if (Query.first(session, LOCK, row -> true, role).isPresent()) {
            Query.run(session, "ALTER ROLE " + Quote.identifier(role) + " LOGIN CONNECTION LIMIT " + connectionLimit);
        }
    }

    /** Returns the connection limit of a role; -1 without a limit. */
    static int connectionLimit(Connection session, String role) throws SQLException {
        String sql = "SELECT rolconnlimit FROM pg_catalog.pg_roles WHERE rolname = ?";
        return Query.first(session, sql, row -> row.getInt(1), role).orElse(-1);
    }

    /** Terminates the sessions of a role, until there are none or two seconds have passed. */
    static void terminateSessions(Connection session, String role) throws SQLException {
        long begun = System.nanoTime();
        while (terminateOnce(session, role) > 0 && System.nanoTime() - begun < LONGEST_NANOSECONDS) {
            LockSupport.parkNanos(AGAIN_NANOSECONDS);
        }
    }

    /** Terminates the present sessions of a role, and returns the number of sessions that got the signal. */
    static int terminateOnce(Connection session, String role) throws SQLException {
        Sql.clearStatistics(session);
        return Query.one(session, SESSIONS, row -> row.getInt(1), role);
    }

    /** Returns the roles that are shut out, by service; empty if the table cannot be read. */
    static Optional<Map<String, String>> rolesByService(Connection session) throws SQLException {
        return pairs(session, SHUT_OUT);
    }

    /** Returns all services, by role; empty if the table cannot be read. */
    static Optional<Map<String, String>> servicesByRole(Connection session) throws SQLException {
        return pairs(session, SERVICES);
    }

    private static Optional<Map<String, String>> pairs(Connection session, String sql) throws SQLException {
        return Sql.query(session, NOT_READABLE, () -> {
            Map<String, String> pairs = new LinkedHashMap<>();
            try (PreparedStatement statement = session.prepareStatement(sql);
                    ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    pairs.put(rows.getString(1), rows.getString(2));
                }
            }
            return pairs;
        });
    }
}
