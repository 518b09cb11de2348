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
import org.pgsteward.postgres.Quote;

/**
 * Roles of services that may not log in any more. Such a role has NOLOGIN and CONNECTION LIMIT 0; nothing else has both, so
 * nobody has to remember it, and whoever gives it other values lets it in again.
 */
final class ShutOut {
    private static final String SERVICE = """
            SELECT service_name FROM public.service_configs
             WHERE role_name = ? AND quarantined_at IS NULL ORDER BY 1 LIMIT 1
            """;

    private static final String ALL = """
            SELECT s.service_name, r.rolname
              FROM public.service_configs AS s
              JOIN pg_catalog.pg_roles AS r ON r.rolname = s.role_name
             WHERE NOT r.rolcanlogin AND r.rolconnlimit = 0 AND s.quarantined_at IS NULL
             ORDER BY 1 LIMIT 1000
            """;

    private static final String SESSIONS = """
            SELECT pg_catalog.count(pg_catalog.pg_terminate_backend(pid)) FROM pg_catalog.pg_stat_activity
             WHERE usename = ?
            """;

    /** A session that logged in just before ends a moment later. */
    private static final long LONGEST_NANOSECONDS = 2_000_000_000;

    private static final long AGAIN_NANOSECONDS = 20_000_000;

    private static final String SERVICES = """
            SELECT role_name, pg_catalog.min(service_name) FROM public.service_configs
             WHERE role_name IS NOT NULL AND quarantined_at IS NULL GROUP BY 1 LIMIT 1000
            """;

    /** The table, or its column, is not there before pgsteward's first start; or there is no lock left to read it with. */
    private static final Set<String> NOT_READABLE = Set.of("42P01", "42703", "53200", "55P03");

    private ShutOut() {}

    static Optional<String> serviceOf(Connection session, String role) throws SQLException {
        return Ask.glance(session, NOT_READABLE, () -> {
                    try (PreparedStatement statement = session.prepareStatement(SERVICE)) {
                        statement.setString(1, role);
                        try (ResultSet row = statement.executeQuery()) {
                            return row.next() ? Optional.of(row.getString(1)) : Optional.<String>empty();
                        }
                    }
                })
                .flatMap(service -> service);
    }

    /** Counts once the session's transaction is committed. */
    static void alter(Connection session, String role) throws SQLException {
        Ask.run(session, KeptLocks.TIMEOUT);
        Ask.run(session, "ALTER ROLE " + Quote.identifier(role) + " NOLOGIN CONNECTION LIMIT 0");
    }

    /** Ends the sessions of a role that cannot log in any more; PostgreSQL does not interrupt everything. */
    static void endSessions(Connection session, String role) throws SQLException {
        long begun = System.nanoTime();
        while (endOnce(session, role) > 0 && System.nanoTime() - begun < LONGEST_NANOSECONDS) {
            LockSupport.parkNanos(AGAIN_NANOSECONDS);
        }
    }

    private static int endOnce(Connection session, String role) throws SQLException {
        Ask.run(session, "SELECT pg_catalog.pg_stat_clear_snapshot()");
        try (PreparedStatement statement = session.prepareStatement(SESSIONS)) {
            statement.setString(1, role);
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return row.getInt(1);
            }
        }
    }

    /** The service of each that is shut out, with its role. */
    static Map<String, String> all(Connection session) throws SQLException {
        return pairs(session, ALL);
    }

    /** The role of each service, with the service. */
    static Map<String, String> services(Connection session) throws SQLException {
        return pairs(session, SERVICES);
    }

    private static Map<String, String> pairs(Connection session, String sql) throws SQLException {
        return Ask.glance(session, NOT_READABLE, () -> {
                    Map<String, String> pairs = new LinkedHashMap<>();
                    try (PreparedStatement statement = session.prepareStatement(sql);
                            ResultSet rows = statement.executeQuery()) {
                        while (rows.next()) {
                            pairs.put(rows.getString(1), rows.getString(2));
                        }
                    }
                    return pairs;
                })
                .orElseGet(Map::of);
    }
}
