package org.pgsteward.postgres;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Set;

/**
 * Removal of a role that owns no objects. Any role may grant it privileges on its own objects, in any database and at
 * any time. PostgreSQL drops no role that has been granted a privilege.
 */
public final class RoleRemoval {
    private static final int ATTEMPTS = 20;

    /** Objects depend on the role again, a concurrent grant updated the same tuple, or a deadlock. */
    private static final Set<String> AGAIN = Set.of("2BP01", "XX000", "40P01");

    /**
     * Databases in which the role has been granted a privilege. A database in which it owns objects other than user
     * mappings is left out, since {@code DROP OWNED} would drop them.
     */
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

    /** Whether the role owns anything anywhere, apart from user mappings. {@code DROP ROLE} then fails. */
    private static final String OWNS = """
            SELECT r.rolname
              FROM pg_catalog.pg_shdepend AS s
              JOIN pg_catalog.pg_roles AS r ON r.oid = s.refobjid
             WHERE s.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass AND r.rolname = ?
               AND s.deptype = 'o' AND s.classid <> 'pg_catalog.pg_user_mapping'::pg_catalog.regclass
             LIMIT 1
            """;

    /** A lock that blocks all grants until the end of the transaction. */
    private static final String LOCK = "LOCK TABLE pg_catalog.pg_shdepend IN SHARE ROW EXCLUSIVE MODE";

    /**
     * Short timeouts. Sessions that create objects or grant privileges wait meanwhile. An open transaction may have
     * granted a privilege to the role, and there may be a wait for a lock on each of many tables.
     */
    private static final String TIMEOUT = "SET LOCAL lock_timeout = '1s'; SET LOCAL statement_timeout = '3s'";

    private RoleRemoval() {}

    /**
     * Drops a role if it exists.
     *
     * @throws SQLException if the role cannot be dropped. It may own an object. It may have a privilege in a database
     *     that allows no connections, or in a transaction that is still open.
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
                dropRole(server, last, role, revoke);
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

    /** Drops the role, and revokes its last privileges unless it owns an object: DROP OWNED would drop that. */
    private static void dropRole(Server server, String database, String role, String revoke) throws SQLException {
        try (Connection connection = server.connectForLong(database)) {
            connection.setAutoCommit(false);
            Query.run(connection, TIMEOUT);
            Query.run(connection, LOCK);
            if (Query.list(connection, OWNS, row -> row.getString(1), role).isEmpty()) {
                Query.run(connection, revoke);
            }
            Query.run(connection, "DROP ROLE " + Quote.identifier(role));
            connection.commit();
        }
    }

    /** Runs the statements in one transaction. */
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
