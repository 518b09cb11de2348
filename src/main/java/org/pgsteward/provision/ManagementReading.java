package org.pgsteward.provision;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.pgsteward.postgres.Query;

/** Reads the objects and the privileges of roles in the management database. */
final class ManagementReading {
    /**
     * Grants of an extension on its own objects are left out. Of a schema only CREATE counts: a role may leave an operator
     * there that a superuser runs without knowing it. A grant on a column is shown as a grant on the table, since REVOKE on
     * the table removes it. No service needs the functions that make or enlarge large objects here, and with them it could
     * fill the server's disk.
     */
    private static final String GRANTS = """
            WITH objects (object, owner, acl) AS (
                SELECT (CASE c.relkind WHEN 'S' THEN 'SEQUENCE ' ELSE 'TABLE ' END)
                           || pg_catalog.format('%I.%I', n.nspname, c.relname),
                       c.relowner, c.relacl
                  FROM pg_catalog.pg_class AS c
                  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
                 WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND c.relacl IS NOT NULL AND c.oid >= 16384
                   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS e
                                    WHERE e.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                                      AND e.objid = c.oid AND e.deptype = 'e')
                UNION ALL
                SELECT 'TABLE ' || pg_catalog.format('%I.%I', n.nspname, c.relname), c.relowner, a.attacl
                  FROM pg_catalog.pg_attribute AS a
                  JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid
                  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
                 WHERE a.attacl IS NOT NULL AND NOT a.attisdropped AND c.oid >= 16384
                UNION ALL
                SELECT 'SCHEMA ' || pg_catalog.quote_ident(n.nspname), n.nspowner, n.nspacl
                  FROM pg_catalog.pg_namespace AS n
                 WHERE n.nspacl IS NOT NULL
                UNION ALL
                SELECT 'FUNCTION public.log_user_activity(varchar, varchar, varchar, inet)', p.proowner,
                       COALESCE(p.proacl, pg_catalog.acldefault('f', p.proowner))
                  FROM pg_catalog.pg_proc AS p
                 WHERE p.oid = 'public.log_user_activity(varchar, varchar, varchar, inet)'::pg_catalog.regprocedure
                UNION ALL
                SELECT 'FUNCTION pg_catalog.' || p.oid::pg_catalog.regprocedure::text, p.proowner,
                       COALESCE(p.proacl, pg_catalog.acldefault('f', p.proowner))
                  FROM pg_catalog.pg_proc AS p
                 WHERE p.pronamespace = 'pg_catalog'::pg_catalog.regnamespace AND p.oid < 16384
                   AND p.proname IN ('lo_creat', 'lo_create', 'lo_from_bytea', 'lo_import', 'lo_put', 'lo_truncate',
                                     'lo_truncate64', 'lowrite'))
            SELECT o.object, COALESCE(g.rolname, ''), acl.privilege_type
              FROM objects AS o
             CROSS JOIN LATERAL pg_catalog.aclexplode(o.acl) AS acl
              LEFT JOIN pg_catalog.pg_authid AS g ON g.oid = acl.grantee
             WHERE acl.grantee <> o.owner AND (acl.grantee = 0 OR g.oid IS NOT NULL)
               AND (acl.privilege_type = 'CREATE' OR o.object !~ '^SCHEMA ')
               AND (?::text[] IS NULL OR acl.grantee = 0 OR lower(g.rolname) = ANY (?::text[]))
            """;

    /**
     * For each role that is no superuser: how many large objects it owns, how many other objects, and the names of a few of
     * the others, without temporary objects. A role may own hundreds of thousands, so PostgreSQL counts them.
     */
    private static final String BELONGINGS = """
            WITH owned AS (
                SELECT s.refobjid AS role, s.classid, s.objid, s.objsubid,
                       s.classid = 'pg_catalog.pg_largeobject'::pg_catalog.regclass AS large
                  FROM pg_catalog.pg_shdepend AS s
                  LEFT JOIN pg_catalog.pg_class AS c
                    ON s.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND c.oid = s.objid
                 WHERE s.dbid = (SELECT oid FROM pg_catalog.pg_database
                                  WHERE datname = pg_catalog.current_database())
                   AND s.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass AND s.deptype = 'o'
                   AND c.relpersistence IS DISTINCT FROM 't')
            SELECT r.rolname, counted.large, counted.others,
                   ARRAY(SELECT named.type || ' ' || named.identity
                           FROM (SELECT o.classid, o.objid, o.objsubid
                                   FROM owned AS o
                                  WHERE o.role = r.oid AND NOT o.large
                                  ORDER BY o.classid, o.objid
                                  LIMIT 20) AS first
                          CROSS JOIN LATERAL pg_catalog.pg_identify_object(first.classid, first.objid, first.objsubid)
                                          AS named
                          WHERE named.identity IS NOT NULL AND COALESCE(named.schema, '') !~ '^pg_temp'
                          ORDER BY 1
                          LIMIT 3)
              FROM (SELECT role, count(*) FILTER (WHERE large) AS large, count(*) FILTER (WHERE NOT large) AS others
                      FROM owned GROUP BY role) AS counted
              JOIN pg_catalog.pg_roles AS r ON r.oid = counted.role
             WHERE NOT r.rolsuper AND r.rolname !~ '^pg_'
            """;

    private static final String HAS_TABLES = """
            SELECT EXISTS (SELECT FROM pg_catalog.pg_attribute
                            WHERE attrelid = pg_catalog.to_regclass('public.service_configs')
                              AND attname = 'quarantined_from')
            """;

    private final Connection management;

    ManagementReading(Connection management) {
        this.management = management;
    }

    /** Returns whether the tables exist; the first command that writes creates them. */
    boolean hasTables() throws SQLException {
        return Query.one(management, HAS_TABLES, row -> row.getBoolean(1));
    }

    /** Returns the grants to roles other than the owner, by grantee. */
    Map<String, Set<Cluster.ObjectGrant>> grants(NameFilter filter) throws SQLException {
        Map<String, Set<Cluster.ObjectGrant>> grants = new HashMap<>();
        try (PreparedStatement statement = filter.prepare(GRANTS);
                ResultSet row = statement.executeQuery()) {
            while (row.next()) {
                grants.computeIfAbsent(row.getString(2), any -> new HashSet<>())
                        .add(new Cluster.ObjectGrant(row.getString(1), row.getString(2), row.getString(3)));
            }
        }
        return grants;
    }

    /**
     * The objects that a role owns.
     *
     * @param largeObjects their number
     * @param others the number of other objects
     * @param named a few of the others, as {@code pg_identify_object} names them
     */
    record Belongings(long largeObjects, long others, List<String> named) {
        static final Belongings NONE = new Belongings(0, 0, List.of());
    }

    /** Returns the objects that each role owns, by role. */
    Map<String, Belongings> belongings() throws SQLException {
        return Query.map(management, BELONGINGS, row -> row.getString(1), row -> {
            List<String> named = List.of((String[]) row.getArray(4).getArray());
            return new Belongings(row.getLong(2), named.isEmpty() ? 0 : row.getLong(3), named);
        });
    }

    /** Returns everything that exceeds a limit; without the rows of the journal, if its tables do not exist. */
    List<Excess> excesses() throws SQLException {
        return ExcessReading.of(management, hasTables());
    }
}
