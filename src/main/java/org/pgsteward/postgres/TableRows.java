package org.pgsteward.postgres;

import java.io.IOException;
import java.io.OutputStream;
import java.sql.Connection;
import java.sql.SQLException;
import org.postgresql.copy.CopyManager;
import org.postgresql.core.BaseConnection;

/**
 * Counts a table's rows as the administrator, and runs nothing that the table's owner has made.
 *
 * <p>Why not by {@code SELECT}: to plan one, PostgreSQL evaluates what is constant in the expressions of the table's
 * indexes and statistics, with the rights of whoever asks. And what was a table in a list may be a view by now, of which
 * every function runs. {@code COPY}, by which {@code pg_dump} reads, plans nothing, and looks whether it is a table when
 * it has locked it.
 */
public final class TableRows {
    /** The column that is quickest to read; what is computed from others cannot be named. */
    private static final String COLUMN = """
            SELECT pg_catalog.quote_ident(a.attname)
              FROM pg_catalog.pg_attribute AS a
             WHERE a.attrelid = CAST(? AS pg_catalog.regclass)
               AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
             ORDER BY a.attlen < 0, a.attlen, a.attnum
             LIMIT 1
            """;

    private TableRows() {}

    /**
     * Those of its own, without its children's.
     *
     * @param table its name, quoted
     * @throws SQLException when it cannot be read, or is no table
     */
    public static long count(Connection connection, String table) throws SQLException {
        String column = column(connection, table);
        String copy = "COPY " + table + (column.isEmpty() ? "" : " (" + column + ")")
                // Bytes as they are: not all that a database holds can be written in our encoding.
                + " TO STDOUT (ENCODING '" + encoding(connection) + "')";
        try {
            return new CopyManager(connection.unwrap(BaseConnection.class))
                    .copyOut(copy, Progress.current().watching(OutputStream.nullOutputStream()));
        } catch (IOException e) {
            throw new SQLException("the rows of " + table + " could not be read: " + e.getMessage(), e);
        }
    }

    private static String column(Connection connection, String table) throws SQLException {
        return Query.first(connection, COLUMN, row -> row.getString(1), table).orElse("");
    }

    private static String encoding(Connection connection) throws SQLException {
        return Query.one(connection, "SELECT pg_catalog.current_setting('server_encoding')", row -> row.getString(1));
    }
}
