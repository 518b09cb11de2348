package org.pgsteward.journal;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.pgsteward.postgres.Query;

/**
 * Imports the rows of a journal that was restored beside the present one, such as the journal of an older pgsteward.
 * Copies the columns that both journals have, without generated ones, and the rows that the present journal lacks.
 */
public final class JournalImport {
    private static final List<String> TABLES = List.of("service_configs", "backup_log", "backup_copy", "user_activity");

    private static final String COLUMNS = """
            SELECT attname
              FROM pg_catalog.pg_attribute
             WHERE attrelid = pg_catalog.to_regclass(?) AND attnum > 0 AND NOT attisdropped AND attname <> 'id'
               AND attgenerated = ''
             ORDER BY attnum
            """;

    private static final int BATCH = 500;

    private final DataSource source;

    public JournalImport(DataSource source) {
        this.source = source;
    }

    /**
     * Imports all rows or none.
     *
     * @param old a connection to the old journal, by a role with no more rights than reading needs
     * @return the number of imported rows
     */
    public long take(Connection old) throws SQLException {
        try (Connection here = source.getConnection()) {
            here.setAutoCommit(false);
            old.setAutoCommit(false);
            long taken = 0;
            for (String table : TABLES) {
                Set<String> columns = columns(here, table);
                columns.retainAll(columns(old, table));
                if (!columns.isEmpty()) {
                    taken += take(old, here, table, columns);
                }
            }
            here.commit();
            return taken;
        }
    }

    private static long take(Connection old, Connection here, String table, Set<String> columns) throws SQLException {
        String list = columns.stream().map(name -> '"' + name + '"').collect(Collectors.joining(", "));
        String insert = "INSERT INTO public." + table + " (" + list + ") SELECT " + list
                + " FROM pg_catalog.jsonb_populate_record(NULL::public." + table + ", CAST(? AS jsonb)) AS taken"
                + " WHERE NOT EXISTS (SELECT FROM public." + table + " AS present"
                + " WHERE present.id <= " + last(here, table)
                + " AND present.service_name = taken.service_name AND present.created_at = taken.created_at)"
                + " ON CONFLICT DO NOTHING";
        long taken = 0;
        try (Statement reading = old.createStatement();
                PreparedStatement writing = here.prepareStatement(insert)) {
            reading.setFetchSize(BATCH);
            int waiting = 0;
            try (ResultSet rows = reading.executeQuery(
                    "SELECT pg_catalog.to_jsonb(t)::text FROM public." + table + " AS t ORDER BY t.id")) {
                while (rows.next()) {
                    writing.setString(1, rows.getString(1));
                    writing.addBatch();
                    if (++waiting == BATCH) {
                        taken += sum(writing.executeBatch());
                        waiting = 0;
                    }
                }
            }
            return taken + sum(writing.executeBatch());
        }
    }

    /**
     * Returns the highest id before the import. Only rows up to this id count as present, since two of the imported
     * rows may have the same time.
     */
    private static long last(Connection here, String table) throws SQLException {
        return Query.one(here, "SELECT COALESCE(max(id), 0) FROM public." + table, row -> row.getLong(1));
    }

    private static long sum(int[] counts) {
        long sum = 0;
        for (int count : counts) {
            sum += Math.max(count, 0);
        }
        return sum;
    }

    private static Set<String> columns(Connection connection, String table) throws SQLException {
        return new TreeSet<>(Query.list(connection, COLUMNS, row -> row.getString(1), "public." + table));
    }
}
