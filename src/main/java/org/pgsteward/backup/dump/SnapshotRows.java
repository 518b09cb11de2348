package org.pgsteward.backup.dump;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.pgsteward.postgres.Query;
import org.pgsteward.postgres.Quote;
import org.pgsteward.postgres.Server;
import org.pgsteward.postgres.TableRows;

/** The row counts of a {@link Snapshot}, by its session or by others with the same snapshot. */
final class SnapshotRows implements AutoCloseable {
    /**
     * The tables with rows of their own in the dump: no views, no partitioned parents, no tables of extensions. Large
     * objects, if there are any, have one row each in a table of the catalog.
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

    /** The tables without a fixed-length column. The server reads a column of any length to count their rows. */
    private static final String WITHOUT_A_SHORT_COLUMN = """
            SELECT pg_catalog.format('%I.%I', n.nspname, c.relname), NULL
              FROM pg_catalog.pg_class AS c
              JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
             WHERE c.relkind = 'r'
               AND n.nspname NOT IN ('pg_catalog', 'information_schema')
               AND NOT EXISTS (SELECT FROM pg_catalog.pg_attribute AS a
                                WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                                  AND a.attgenerated = '' AND a.attlen > 0)
            """;

    /**
     * The largest number of tables per session. A session keeps some kilobytes for each table it has read, until it
     * ends.
     */
    static final int TABLES_OF_A_SESSION = 1000;

    /**
     * The longest wait of another counting session, in milliseconds. It waits behind a session that waits to alter the
     * table.
     */
    private static final long HELPER_WAITS_MILLISECONDS = 1000;

    private final Server server;
    private final String database;
    private final Connection connection;
    private final String id;

    /** Another session with the same snapshot, while it counts. */
    private volatile Optional<Connection> helper = Optional.empty();

    /** @param id the snapshot that {@code connection} has exported */
    SnapshotRows(Server server, String database, Connection connection, String id) {
        this.server = server;
        this.database = database;
        this.connection = connection;
        this.id = id;
    }

    /** Waits for a program that reads the same tables. */
    @FunctionalInterface
    interface Reader {
        void await() throws IOException, InterruptedException;
    }

    /**
     * Returns the row counts by table, with quoted names. Tables without a short column are counted after the reader
     * has ended. Otherwise the server would hold their longest row twice at the same time.
     */
    Map<String, Long> count(Reader reader) throws SQLException, IOException, InterruptedException {
        Map<String, Long> counts = new TreeMap<>();
        Set<String> slow = DatabaseEnvironmentReading.pairs(connection, WITHOUT_A_SHORT_COLUMN)
                .keySet();
        List<String> tables = tables(connection);
        List<String> first =
                tables.stream().filter(table -> !slow.contains(table)).toList();
        List<String> last = tables.stream().filter(slow::contains).toList();
        count(first, counts);
        if (!last.isEmpty()) {
            reader.await();
            count(last, counts);
        }
        return counts;
    }

    private void count(List<String> tables, Map<String, Long> counts) throws SQLException {
        if (tables.size() <= TABLES_OF_A_SESSION) {
            countHere(tables, counts);
            return;
        }
        for (int from = 0; from < tables.size(); from += TABLES_OF_A_SESSION) {
            countBeside(tables.subList(from, Math.min(tables.size(), from + TABLES_OF_A_SESSION)), counts);
        }
    }

    private void countHere(List<String> tables, Map<String, Long> counts) throws SQLException {
        for (String table : tables) {
            counts.put(table, TableRows.count(connection, table));
        }
    }

    /** Counts in another session, to release its memory at the end. */
    private void countBeside(List<String> tables, Map<String, Long> counts) throws SQLException {
        try (Connection other = join()) {
            helper = Optional.of(other);
            for (String table : tables) {
                counts.put(table, TableRows.count(other, table));
            }
        } catch (SQLException e) {
            if (!Snapshot.TOO_LATE.equals(e.getSQLState())) {
                throw e;
            }
            // Another session waits to alter a table. Only the session that already holds the lock can read it.
            countHere(
                    tables.stream().filter(table -> !counts.containsKey(table)).toList(), counts);
        } finally {
            helper = Optional.empty();
        }
    }

    private Connection join() throws SQLException {
        Connection other = server.connectForLong(database);
        boolean joined = false;
        try {
            other.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
            other.setReadOnly(true);
            Query.run(other, "SET lock_timeout = " + HELPER_WAITS_MILLISECONDS);
            other.setAutoCommit(false);
            Query.run(other, "SET TRANSACTION SNAPSHOT " + Quote.literal(id));
            joined = true;
            return other;
        } finally {
            if (!joined) {
                other.close();
            }
        }
    }

    /** Returns the tables with rows of their own in the dump, with quoted names. */
    static List<String> tables(Connection connection) throws SQLException {
        return Query.list(connection, TABLES, row -> row.getString(1));
    }

    /** Ends the session that counts, if there is one. */
    @Override
    public void close() throws SQLException {
        Optional<Connection> counting = helper;
        if (counting.isPresent()) {
            counting.get().close();
        }
    }
}
