package org.pgsteward.backup.dump;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.pgsteward.postgres.Query;

/** Counts rows with transactions that are older than all transactions at the beginning of a base backup. */
final class TableCount {
    /** Checks that a locked table is still the listed one: a table of a superuser. */
    private static final String STILL_A_SUPERUSERS = """
            SELECT c.oid
              FROM pg_catalog.pg_class AS c
              JOIN pg_catalog.pg_roles AS r ON r.oid = c.relowner
             WHERE c.oid = CAST(? AS pg_catalog.regclass) AND c.relkind = 'r' AND r.rolsuper
            """;

    /** Forbids views and foreign tables in place of a table, in the minor versions that have this setting. */
    private static final String TABLES_ONLY =
            "SELECT pg_catalog.set_config(name, 'view, foreign-table', false) FROM pg_catalog.pg_settings"
                    + " WHERE name = 'restrict_nonsystem_relation_kind'";

    private static final String OLD_ENOUGH =
            " WHERE pg_catalog.age(xmin) OPERATOR(pg_catalog.>)" + " pg_catalog.age(CAST(? AS pg_catalog.xid))";

    private final String before;

    /** @param before the oldest transaction that ran when the backup began */
    TableCount(String before) {
        this.before = before;
    }

    /** Opens a session in which tables are counted. */
    interface Login {
        Connection enter() throws SQLException;
    }

    /** Handles the error of one table. */
    interface Failure {
        void of(SQLException e) throws SQLException;
    }

    /** Counts tables, with a new session after a number of tables, and adds the counts. */
    void add(Login login, List<BaseTables.Table> tables, String prefix, Map<String, Long> counts, Failure failure)
            throws SQLException {
        for (int from = 0; from < tables.size(); from += SnapshotRows.TABLES_OF_A_SESSION) {
            try (Connection there = login.enter()) {
                int to = Math.min(tables.size(), from + SnapshotRows.TABLES_OF_A_SESSION);
                count(there, tables.subList(from, to), prefix, counts, failure);
            }
        }
    }

    private void count(
            Connection there, List<BaseTables.Table> tables, String prefix, Map<String, Long> counts, Failure failure)
            throws SQLException {
        // Functions in a table's expressions may have side effects. A read-only transaction, rolled back later,
        // prevents them.
        there.setReadOnly(true);
        there.setAutoCommit(false);
        for (BaseTables.Table table : tables) {
            try {
                column(there, TABLES_ONLY, 0);
                if (!table.lockable() || isLocked(there, table)) {
                    String rows = column(there, "SELECT pg_catalog.count(*) FROM ONLY " + table.name() + OLD_ENOUGH, 1)
                            .get(0);
                    counts.put(prefix + table.name(), Long.valueOf(rows));
                }
            } catch (SQLException e) {
                failure.of(e);
            } finally {
                there.rollback();
            }
        }
    }

    /**
     * Returns whether the table is locked and still owned by a superuser. Until then, the owner of the schema could
     * replace it by a view.
     */
    private static boolean isLocked(Connection there, BaseTables.Table table) throws SQLException {
        Query.run(there, "LOCK TABLE ONLY " + table.name() + " IN ACCESS SHARE MODE");
        return Query.first(there, STILL_A_SUPERUSERS, row -> true, table.name()).isPresent();
    }

    /**
     * Returns the first column. Each of the {@code marks} question marks stands for the transaction that separates old
     * rows from new ones.
     */
    List<String> column(Connection there, String sql, int marks) throws SQLException {
        try (PreparedStatement statement = there.prepareStatement(sql)) {
            for (int mark = 1; mark <= marks; mark++) {
                statement.setObject(mark, before, Types.OTHER);
            }
            try (ResultSet rows = statement.executeQuery()) {
                List<String> values = new ArrayList<>();
                while (rows.next()) {
                    values.add(rows.getString(1));
                }
                return values;
            }
        }
    }
}
