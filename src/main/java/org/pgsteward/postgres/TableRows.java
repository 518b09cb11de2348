package org.pgsteward.postgres;

import java.io.IOException;
import java.io.OutputStream;
import java.sql.Connection;
import java.sql.SQLException;
import org.postgresql.copy.CopyManager;
import org.postgresql.core.BaseConnection;

/**
 * Counter of a table's rows that runs as the administrator, without running any code of the table's owner.
 *
 * <p>Why not {@code SELECT}: to plan it, PostgreSQL evaluates the constant parts of expressions in the table's indexes
 * and statistics, with the privileges of the current role. Besides, a table from a list may have become a view by now,
 * and all functions of a view run. {@code COPY}, which {@code pg_dump} uses, plans no query. It checks that the
 * relation is a table after it has locked it.
 */
public final class TableRows {
    /** The column that is fastest to read. Generated columns are excluded, since {@code COPY} cannot name them. */
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
     * Counts the table's own rows, without those of its children.
     *
     * @param table its name, quoted
     * @throws SQLException if the relation cannot be read, or is not a table
     */
    public static long count(Connection connection, String table) throws SQLException {
        String column = column(connection, table);
        String copy = "COPY " + table + (column.isEmpty() ? "" : " (" + column + ")")
                // Bytes without conversion, since some values of a database may have no form in UTF8.
                + " TO STDOUT (ENCODING '" + encoding(connection) + "')";
        try {
            return new CopyManager(connection.unwrap(BaseConnection.class))
                    .copyOut(copy, Progress.current().watching(OutputStream.nullOutputStream()));
        } catch (IOException e) {
            throw new SQLException("cannot read the rows of " + table + ": " + e.getMessage(), e);
        }
    }

    private static String column(Connection connection, String table) throws SQLException {
        return Query.first(connection, COLUMN, row -> row.getString(1), table).orElse("");
    }

    private static String encoding(Connection connection) throws SQLException {
        return Query.one(connection, "SELECT pg_catalog.current_setting('server_encoding')", row -> row.getString(1));
    }
}
