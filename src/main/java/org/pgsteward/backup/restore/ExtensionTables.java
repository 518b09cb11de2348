package org.pgsteward.backup.restore;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.pgsteward.backup.store.Losses;
import org.pgsteward.model.Count;
import org.pgsteward.postgres.Query;
import org.pgsteward.postgres.TableRows;

/**
 * The tables that belong to an extension and hold rows of their own. {@code pg_dump} leaves them out, because the
 * script of the extension creates them. Tables that the extension has marked for dumps are excluded.
 */
final class ExtensionTables {
    /** The query for tables and their extensions; names as SQL writes them. */
    private static final String MEMBERS = """
            SELECT pg_catalog.format('%I.%I', n.nspname, c.relname) AS name, e.extname AS extension
              FROM pg_catalog.pg_extension AS e
              JOIN pg_catalog.pg_depend AS d ON d.refobjid = e.oid AND d.deptype = 'e'
                   AND d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass
                   AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
              JOIN pg_catalog.pg_class AS c ON c.oid = d.objid AND c.relkind = 'r' AND c.relpersistence <> 't'
              JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
             WHERE e.extconfig IS NULL OR c.oid <> ALL (e.extconfig)
             ORDER BY 1
             LIMIT 1000
            """;

    /** The query for the names as one text, separated by chr(30). */
    static final String NAMES =
            "SELECT pg_catalog.string_agg(name, pg_catalog.chr(30)) FROM (" + MEMBERS + ") AS members";

    private ExtensionTables() {}

    /**
     * Counts the rows of these tables, in a transaction that is under way. Tables that are locked for longer than a
     * second or were dropped meanwhile are left out, so that a caveat never fails a backup.
     */
    static List<Losses.ExtensionTable> count(Connection connection) throws SQLException {
        List<Losses.ExtensionTable> tables = Query.list(
                connection, MEMBERS, row -> new Losses.ExtensionTable(row.getString(1), row.getString(2), 0));
        List<Losses.ExtensionTable> counted = new ArrayList<>();
        for (Losses.ExtensionTable table : tables) {
            Savepoint before = connection.setSavepoint();
            try {
                Query.run(connection, "SET LOCAL lock_timeout = '1s'");
                counted.add(new Losses.ExtensionTable(
                        table.name(), table.extension(), TableRows.count(connection, table.name())));
            } catch (SQLException e) {
                if (connection.isClosed()) {
                    throw e;
                }
            } finally {
                if (!connection.isClosed()) {
                    connection.rollback(before);
                }
            }
        }
        return counted;
    }

    /**
     * Returns the tables that have fewer rows after a restore, one line each.
     *
     * @param restored rows by the name of the table, without tables that do not exist
     */
    static List<String> lost(List<Losses.ExtensionTable> held, Map<String, Long> restored) {
        return held.stream()
                .filter(table -> restored.getOrDefault(table.name(), 0L) < table.rows())
                .map(table -> "table " + table.name() + " has " + restored.getOrDefault(table.name(), 0L) + " of "
                        + Count.words(table.rows(), "row") + ": it belongs to extension " + table.extension()
                        + ", and pg_dump leaves out tables of extensions")
                .toList();
    }
}
