package org.pgsteward.backup.dump;

import java.sql.Connection;
import java.sql.SQLException;
import org.pgsteward.postgres.Query;
import org.pgsteward.postgres.Quote;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Settings that a role made for itself in a database of another owner ({@code ALTER ROLE ... IN DATABASE}). Every role
 * may make them in every database. {@code pg_dump} includes all of them in the dump of that database, so pgsteward
 * resets large ones before the dump.
 */
final class SettingsOfOthers {
    /**
     * The limit in bytes for all settings of a role in a database. The stored size counts, which is compressed for
     * large settings.
     */
    private static final int LARGEST = 2000;

    private static final String LARGE = """
            SELECT r.rolname
              FROM pg_catalog.pg_db_role_setting AS s
              JOIN pg_catalog.pg_database AS d ON d.oid = s.setdatabase
              JOIN pg_catalog.pg_roles AS r ON r.oid = s.setrole
             WHERE d.datname = ? AND r.oid <> d.datdba AND NOT r.rolsuper
               AND pg_catalog.pg_column_size(s.setconfig) > ?
             LIMIT 100
            """;

    private static final Logger LOG = LoggerFactory.getLogger(SettingsOfOthers.class);

    private SettingsOfOthers() {}

    /**
     * Resets large settings. A setting that its role changes in an open transaction cannot be reset and remains.
     *
     * @param connection a session in the management database; its lock timeout stays changed
     * @throws SQLException if the query fails
     */
    static void reset(Connection connection, String database) throws SQLException {
        Query.run(connection, "SET lock_timeout = '1s'");
        for (String role : Query.list(connection, LARGE, row -> row.getString(1), database, LARGEST)) {
            try {
                Query.run(
                        connection,
                        "ALTER ROLE " + Quote.identifier(role) + " IN DATABASE " + Quote.identifier(database)
                                + " RESET ALL");
                LOG.warn(
                        "database {}: reset the large settings of role {}, because a dump would contain them and the"
                                + " role does not own the database",
                        database,
                        role);
            } catch (SQLException e) {
                LOG.warn(
                        "database {}: cannot reset the large settings of role {}: {}",
                        database,
                        role,
                        String.valueOf(e.getMessage()).lines().findFirst().orElse(""));
            }
        }
    }
}
