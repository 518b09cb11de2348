package org.pgsteward.backup.dump;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.pgsteward.backup.restore.RestoreLosses;
import org.pgsteward.backup.store.DatabaseEnvironment;
import org.pgsteward.postgres.Query;

/** Reads the {@link DatabaseEnvironment} of a database in the transaction of its dump. */
final class DatabaseEnvironmentReading {
    /** Version 14 and older have no locale provider. Version 17 renamed the column of the locale. */
    private static final String LOCALE = """
            SELECT pg_catalog.pg_encoding_to_char(d.encoding),
                   COALESCE(pg_catalog.to_jsonb(d) ->> 'datlocprovider', 'c'),
                   d.datcollate,
                   d.datctype,
                   COALESCE(pg_catalog.to_jsonb(d) ->> 'datlocale', pg_catalog.to_jsonb(d) ->> 'daticulocale', '')
              FROM pg_catalog.pg_database AS d
             WHERE d.datname = pg_catalog.current_database()
            """;

    private static final String ICU_RULES = """
            SELECT COALESCE(pg_catalog.to_jsonb(d) ->> 'daticurules', '')
              FROM pg_catalog.pg_database AS d
             WHERE d.datname = pg_catalog.current_database()
            """;

    private static final String TABLESPACE = """
            SELECT COALESCE(NULLIF(t.spcname, 'pg_default'), '')
              FROM pg_catalog.pg_database AS d
              JOIN pg_catalog.pg_tablespace AS t ON t.oid = d.dattablespace
             WHERE d.datname = pg_catalog.current_database()
            """;

    private static final String TABLESPACES = """
            SELECT DISTINCT t.spcname, NULL
              FROM pg_catalog.pg_class AS c
              JOIN pg_catalog.pg_tablespace AS t ON t.oid = c.reltablespace
             WHERE t.spcname <> 'pg_global'
             LIMIT 20
            """;

    private static final String ROLES = """
            SELECT r.rolname, NULL
              FROM pg_catalog.pg_roles AS r
             WHERE r.rolname !~ '^pg_'
               AND (r.rolname IN (SELECT m.usename FROM pg_catalog.pg_user_mappings AS m)
                    OR EXISTS (SELECT FROM pg_catalog.pg_policy AS p WHERE r.oid = ANY (p.polroles)))
             ORDER BY 1
            """;

    private static final String SCHEMAS = """
            SELECT e.extname, n.nspname
              FROM pg_catalog.pg_extension AS e
              JOIN pg_catalog.pg_namespace AS n ON n.oid = e.extnamespace
             WHERE e.extname <> 'plpgsql'
            """;

    private DatabaseEnvironmentReading() {}

    /** @param owner the role to which a restore gives the database; empty if it stays with the administrator */
    static DatabaseEnvironment of(Connection connection, Optional<String> owner) throws SQLException {
        List<String> roles = names(connection, ROLES);
        Map<String, String> schemas = pairs(connection, SCHEMAS);
        return Query.one(
                connection,
                LOCALE,
                row -> new DatabaseEnvironment(
                        row.getString(1),
                        row.getString(2),
                        row.getString(3),
                        row.getString(4),
                        row.getString(5),
                        roles,
                        schemas,
                        one(connection, ICU_RULES),
                        one(connection, TABLESPACE),
                        names(connection, TABLESPACES),
                        RestoreLosses.code(connection, owner),
                        RestoreLosses.of(connection, owner.isPresent()),
                        Map.of(),
                        0));
    }

    private static List<String> names(Connection connection, String sql) throws SQLException {
        return List.copyOf(pairs(connection, sql).keySet());
    }

    private static String one(Connection connection, String sql) throws SQLException {
        return Query.one(connection, sql, row -> row.getString(1));
    }

    /** Returns the second column by the first one. */
    static Map<String, String> pairs(Connection connection, String sql) throws SQLException {
        return Query.map(connection, sql, row -> row.getString(1), row -> String.valueOf(row.getString(2)));
    }
}
