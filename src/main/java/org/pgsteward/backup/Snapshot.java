package org.pgsteward.backup;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.pgsteward.postgres.Server;

/**
 * One moment of a database, shared with {@code pg_dump}: what is counted here is what the dump holds, whatever the
 * applications write meanwhile.
 */
final class Snapshot implements AutoCloseable {
    /**
     * Tables that hold rows of their own and are dumped with them: no views, no partitioned parents, no extension's. Large
     * objects, where there are some, stand in a table of the catalog, one row each.
     */
    private static final String TABLES = """
            SELECT pg_catalog.format('%I.%I', n.nspname, c.relname)
              FROM pg_catalog.pg_class AS c
              JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
             WHERE c.relkind = 'r'
               AND c.relpersistence <> 't'
               AND n.nspname NOT IN ('pg_catalog', 'information_schema')
               AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS d
                                WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                                  AND d.objid = c.oid AND d.deptype = 'e')
             UNION ALL
            SELECT 'pg_catalog.pg_largeobject_metadata'
             WHERE EXISTS (SELECT FROM pg_catalog.pg_largeobject_metadata)
             ORDER BY 1
            """;

    private static final String EXTENSIONS =
            "SELECT extname, extversion FROM pg_catalog.pg_extension WHERE extname <> 'plpgsql' ORDER BY 1";

    private final Connection connection;
    private final String id;

    private Snapshot(Connection connection, String id) {
        this.connection = connection;
        this.id = id;
    }

    static Snapshot export(Server server, String database) throws SQLException {
        Connection connection = server.connectForLong(database);
        try {
            connection.setAutoCommit(false);
            connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
            connection.setReadOnly(true);
            return new Snapshot(connection, one(connection, "SELECT pg_catalog.pg_export_snapshot()"));
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
    }

    /** For {@code pg_dump --snapshot}; valid until this is closed. */
    String id() {
        return id;
    }

    /** Rows by table, the names quoted. */
    Map<String, Long> countRows() throws SQLException {
        List<String> tables = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(TABLES)) {
            while (rows.next()) {
                tables.add(rows.getString(1));
            }
        }
        Map<String, Long> counts = new TreeMap<>();
        for (String table : tables) {
            // ONLY: a child table counts its own rows. Row security would hide some: the administrator is exempt.
            counts.put(table, Long.valueOf(one(connection, "SELECT count(*) FROM ONLY " + table)));
        }
        return counts;
    }

    Map<String, String> extensions() throws SQLException {
        Map<String, String> extensions = new TreeMap<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(EXTENSIONS)) {
            while (rows.next()) {
                extensions.put(rows.getString(1), rows.getString(2));
            }
        }
        return extensions;
    }

    @Override
    public void close() throws SQLException {
        connection.close();
    }

    private static String one(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getString(1);
        }
    }
}
