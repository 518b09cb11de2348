package org.pgsteward.backup.restore;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import org.pgsteward.backup.store.Losses;

/**
 * The contents of a database that a restore would lose or refuse, determined while the database is dumped. Only the
 * catalog is read, so that no code of the database runs.
 */
public final class RestoreLosses {
    /**
     * The query that names the materialized views with rows. It reads the size of the file and not the rows, because
     * reading a view runs functions of its owner. {@code pg_relation_size} is not used, because it would wait for a
     * REFRESH.
     */
    private static final String FILLED_VIEWS = """
            SELECT pg_catalog.format('%I.%I', n.nspname, c.relname), NULL
              FROM pg_catalog.pg_class AS c
              JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
             WHERE c.relkind = 'm' AND c.relispopulated
               AND (pg_catalog.pg_stat_file(pg_catalog.pg_relation_filepath(c.oid), true)).size > 0
             ORDER BY 1
             LIMIT 1000
            """;

    /**
     * The query that returns whether the role may read file sizes. A role that is no superuser may need a GRANT for it.
     * Without this privilege the query above would fail the dump; if the role may not dump the database at all, pg_dump
     * reports a better error.
     */
    private static final String MAY_ASK_FOR_SIZES =
            "SELECT pg_catalog.has_function_privilege('pg_catalog.pg_stat_file(text, boolean)', 'EXECUTE')";

    /**
     * The query that names constraints with SESSION_USER, which PostgreSQL prints in capitals. A text literal with this
     * word and a constraint of more than {@link SessionViews#MOST_STORED} bytes count, too.
     */
    private static final String SESSION_CHECKS = """
            SELECT pg_catalog.format('constraint %I of ', conname)
                   || CASE WHEN contypid = 0
                           THEN 'table ' || conrelid::pg_catalog.regclass::text
                           ELSE 'domain ' || contypid::pg_catalog.regtype::text END,
                   NULL
              FROM pg_catalog.pg_constraint
             WHERE contype = 'c' AND oid >= 16384
               AND CASE WHEN pg_catalog.pg_column_size(conbin) < {most}
                        THEN pg_catalog.pg_get_constraintdef(oid) ~ '\\mSESSION_USER\\M' ELSE true END
             ORDER BY 1
             LIMIT 20
            """.replace("{most}", SessionViews.MOST_STORED);

    private RestoreLosses() {}

    /**
     * Returns the contents that a restore may lose.
     *
     * @param connection a connection to the database, in a transaction that is under way
     * @param given whether a restore gives the database to a role that is not its administrator
     * @throws SQLException if PostgreSQL does not answer
     */
    public static Losses of(Connection connection, boolean given) throws SQLException {
        return new Losses(
                names(connection, MAY_ASK_FOR_SIZES).contains("t") ? names(connection, FILLED_VIEWS) : List.of(),
                ExtensionTables.count(connection).stream()
                        .filter(table -> table.rows() > 0)
                        .toList(),
                given ? names(connection, SystemPrivileges.CHANGED) : List.of(),
                given ? names(connection, SESSION_CHECKS) : List.of(),
                names(connection, SystemSchemas.ADDED),
                ExtensionObjects.added(connection),
                names(connection, SessionViews.NAMES));
    }

    /**
     * Returns the code in the database that would run with the powers of its owner over the cluster.
     *
     * @param connection a connection to the database
     * @param owner the role to which a restore gives the database; empty if it stays with the administrator
     * @return up to three objects, such as {@code routine f(integer), view v}; empty for none, or if the owner has no
     *     powers
     * @throws SQLException if PostgreSQL does not answer
     */
    public static String code(Connection connection, Optional<String> owner) throws SQLException {
        return owner.isPresent() ? OwnerPowers.code(connection, owner.get()) : "";
    }

    private static List<String> names(Connection connection, String sql) throws SQLException {
        return List.copyOf(new TreeSet<>(RestoreRole.names(connection, sql)));
    }
}
