package org.pgsteward.postgres;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Set;

/**
 * Drops a role that owns nothing. Any role may grant privileges on its own objects to it, in any database and at any moment,
 * and PostgreSQL drops no role that somebody has granted something.
 */
public final class RoleRemoval {
    private static final int ATTEMPTS = 20;

    /** Others depend on it again; a tuple was concurrently updated by another grant; a deadlock. */
    private static final Set<String> AGAIN = Set.of("2BP01", "XX000", "40P01");

    /** Databases in which it has been granted something. What it owns is never dropped, except for its user mappings. */
    private static final String DATABASES = """
            SELECT d.datname
              FROM pg_catalog.pg_shdepend AS s
              JOIN pg_catalog.pg_database AS d ON d.oid = s.dbid AND d.datallowconn
              JOIN pg_catalog.pg_roles AS r ON r.oid = s.refobjid
             WHERE s.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass AND r.rolname = ?
             GROUP BY d.datname
            HAVING pg_catalog.bool_and(s.deptype <> 'o' OR s.classid = 'pg_catalog.pg_user_mapping'::pg_catalog.regclass)
             ORDER BY d.datname
             LIMIT 1000
            """;

    /** From here to the end of the transaction, nobody grants anything to anybody. */
    private static final String LOCK = "LOCK TABLE pg_catalog.pg_shdepend IN SHARE ROW EXCLUSIVE MODE";

    /**
     * Whoever creates or grants something waits meanwhile, and an open transaction may have granted something to the role. There may
     * be a lock to wait for on each of many tables.
     */
    private static final String TIMEOUT = "SET LOCAL lock_timeout = '1s'; SET LOCAL statement_timeout = '3s'";

    private RoleRemoval() {}

    /**
     * Drops it, if it exists.
     *
     * @throws SQLException if it cannot be dropped, for example because it owns something, or something was granted to it in a
     *     database that allows no connections, or in a transaction that is still open
     */
    public static void drop(Server server, String role) throws SQLException {
        for (int attempt = 1; ; attempt++) {
            List<String> databases = databases(server, role);
            String last = databases.isEmpty() ? server.address().database() : databases.remove(databases.size() - 1);
            String revoke = "DROP OWNED BY " + Quote.identifier(role);
            try {
                for (String database : databases) {
                    run(server, database, TIMEOUT, revoke);
                }
                run(server, last, TIMEOUT, LOCK, revoke, "DROP ROLE " + Quote.identifier(role));
                return;
            } catch (SQLException e) {
                if (!exists(server, role)) {
                    return;
                }
                if (attempt == ATTEMPTS || !AGAIN.contains(String.valueOf(e.getSQLState()))) {
                    throw e;
                }
            }
        }
    }

    /** In one transaction. */
    private static void run(Server server, String database, String... statements) throws SQLException {
        try (Connection connection = server.connectForLong(database)) {
            connection.setAutoCommit(false);
            for (String sql : statements) {
                Query.run(connection, sql);
            }
            connection.commit();
        }
    }

    private static List<String> databases(Server server, String role) throws SQLException {
        return names(server, DATABASES, role);
    }

    private static boolean exists(Server server, String role) throws SQLException {
        return !names(server, "SELECT rolname FROM pg_catalog.pg_roles WHERE rolname = ?", role)
                .isEmpty();
    }

    private static List<String> names(Server server, String sql, String role) throws SQLException {
        try (Connection connection = server.connectForLong(server.address().database())) {
            return Query.list(connection, sql, row -> row.getString(1), role);
        }
    }
}
