package org.pgsteward.backup.restore;

import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import org.pgsteward.postgres.DatabaseRename;
import org.pgsteward.postgres.KeptDatabases;
import org.pgsteward.postgres.Query;
import org.pgsteward.postgres.Quote;
import org.pgsteward.postgres.Server;
import org.pgsteward.postgres.SessionEnder;

/**
 * Puts a restored database in the place of the live one.
 *
 * <ol>
 *   <li>One transaction contains all steps, so that after any end there is exactly one complete database of that name.
 *   <li>The new database gets the owner, the grants, the settings and the comment of the live one.
 *   <li>The first rename takes the lock for which new connections wait. Then it waits for the open sessions, which
 *       another connection ends meanwhile.
 *   <li>The second rename gives the new database the name. Before the commit, the old database is closed.
 * </ol>
 *
 * <p>If the process is killed before the commit, the server rolls back all steps.
 */
final class Swap {
    private static final DateTimeFormatter STAMP =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);

    private static final String BEFORE = "_before_";

    private static final int STAMP_LENGTH = "20260102T030405Z".length();

    /** The limit of a name in PostgreSQL, in bytes. */
    private static final int LONGEST_NAME = 63;

    /**
     * The statements for the owner, the grants, the limits and the comment. The owner comes first. Grants to PUBLIC are
     * omitted, because no database of pgsteward has any, and so are the owner's own privileges.
     */
    private static final String GRANTS = """
            SELECT pg_catalog.format('ALTER DATABASE %I OWNER TO %I', ?, r.rolname)
              FROM pg_catalog.pg_database AS d JOIN pg_catalog.pg_roles AS r ON r.oid = d.datdba
             WHERE d.oid = ?
            UNION ALL
            SELECT pg_catalog.format('GRANT %s ON DATABASE %I TO %I%s', acl.privilege_type, ?, r.rolname,
                                     CASE WHEN acl.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
              FROM pg_catalog.pg_database AS d
             CROSS JOIN LATERAL pg_catalog.aclexplode(d.datacl) AS acl
              JOIN pg_catalog.pg_roles AS r ON r.oid = acl.grantee
             WHERE d.oid = ? AND acl.grantee <> d.datdba
            UNION ALL
            SELECT pg_catalog.format('ALTER DATABASE %I CONNECTION LIMIT %s IS_TEMPLATE %s', ?, d.datconnlimit,
                                     d.datistemplate::pg_catalog.text)
              FROM pg_catalog.pg_database AS d WHERE d.oid = ?
            UNION ALL
            SELECT pg_catalog.format('COMMENT ON DATABASE %I IS %L', ?,
                                     pg_catalog.shobj_description(?, 'pg_database'))
            """;

    private static final String NO_SETTINGS = "DELETE FROM pg_catalog.pg_db_role_setting WHERE setdatabase = ?";

    /**
     * The settings are copied as rows and not as statements: a statement cannot distinguish a list such as search_path
     * from a text with commas.
     */
    private static final String SETTINGS = """
            INSERT INTO pg_catalog.pg_db_role_setting
            SELECT ?, setrole, setconfig FROM pg_catalog.pg_db_role_setting WHERE setdatabase = ?
            """;

    private final Server server;

    Swap(Server server) {
        this.server = server;
    }

    /** The name under which the old database is kept, and the time for which connections were blocked. */
    record Swapped(String kept, Duration took) {
        /** The result of a restore that replaced no database. */
        static final Swapped NONE = new Swapped("", Duration.ZERO);
    }

    /**
     * Returns a name for the old database, which states its previous name and the time of the swap. If a kept database
     * has this name, the time is that of the next free second.
     */
    static String keptName(String live, Instant at, Collection<String> taken) {
        Instant until = at;
        while (taken.contains(keptPrefix(live) + STAMP.format(until))) {
            until = until.plusSeconds(1);
        }
        return keptPrefix(live) + STAMP.format(until);
    }

    private static String keptPrefix(String live) {
        int end = live.length();
        while (live.substring(0, end).getBytes(StandardCharsets.UTF_8).length
                > LONGEST_NAME - BEFORE.length() - STAMP_LENGTH) {
            end = live.offsetByCodePoints(end, -1);
        }
        return live.substring(0, end) + BEFORE;
    }

    /** @throws SQLException if the swap fails; both databases are then unchanged, but sessions may have been ended */
    Swapped swap(String live, String restored, Instant at, RestoreProgress progress) throws SQLException {
        String kept = keptName(live, at, keptOf(server, live));
        try (Connection connection = server.connect(server.address().database())) {
            connection.setAutoCommit(false);
            long oldOid = oid(connection, live);
            long newOid = oid(connection, restored);
            dress(connection, restored, oldOid);
            progress.step("copied the privileges of the live database");
            long began = System.nanoTime();
            try (SessionEnder sessions = SessionEnder.ofDatabase(server, oldOid)) {
                sessions.start();
                DatabaseRename.run(connection, live, kept);
                progress.step("ended the sessions and renamed the live database");
                DatabaseRename.run(connection, restored, live);
                copySettings(connection, oldOid, newOid);
                progress.step("renamed the restored database");
                close(connection, kept);
                KeptDatabases.note(connection, kept, live, true, at);
                connection.commit();
            }
            return new Swapped(kept, Duration.ofNanos(System.nanoTime() - began));
        }
    }

    /**
     * Closes the old database to all connections. It takes the ownership from the service, which could otherwise allow
     * them again.
     */
    private static void close(Connection connection, String kept) throws SQLException {
        String name = Quote.identifier(kept);
        Query.run(
                connection,
                "ALTER DATABASE " + name + " OWNER TO CURRENT_USER; ALTER DATABASE " + name
                        + " ALLOW_CONNECTIONS false IS_TEMPLATE false");
    }

    private static void dress(Connection connection, String restored, long oldOid) throws SQLException {
        try (PreparedStatement grants = connection.prepareStatement(GRANTS)) {
            for (int i = 1; i <= 8; i += 2) {
                grants.setString(i, restored);
                grants.setLong(i + 1, oldOid);
            }
            try (ResultSet rows = grants.executeQuery();
                    Statement statement = connection.createStatement()) {
                while (rows.next()) {
                    statement.addBatch(rows.getString(1));
                }
                statement.executeBatch();
            }
        }
    }

    /**
     * Copies the settings after the rename, which locks the new database: until then any role may change its own
     * settings for it.
     */
    private static void copySettings(Connection connection, long oldOid, long newOid) throws SQLException {
        Query.run(connection, NO_SETTINGS, newOid);
        Query.run(connection, SETTINGS, newOid, oldOid);
    }

    private static long oid(Connection connection, String database) throws SQLException {
        String sql = "SELECT oid FROM pg_catalog.pg_database WHERE datname = ?";
        return Query.first(connection, sql, row -> row.getLong(1), database)
                .orElseThrow(() -> new SQLException("database " + database + " does not exist", "3D000"));
    }

    /** Returns the names of databases that were kept of {@code live}. Only an operator removes them. */
    static List<String> keptOf(Server server, String live) throws SQLException {
        String prefix = keptPrefix(live);
        return RestoreRole.names(
                server,
                "SELECT datname FROM pg_catalog.pg_database WHERE pg_catalog.starts_with(datname::text, "
                        + Quote.literal(prefix) + ") AND pg_catalog.substr(datname::text, " + (prefix.length() + 1)
                        + ") ~ '^[0-9]{8}T[0-9]{6}Z$' AND NOT datallowconn ORDER BY 1");
    }
}
