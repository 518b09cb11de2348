package org.pgsteward.provision;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Set;
import java.util.TreeSet;
import org.pgsteward.postgres.Query;

/**
 * Evidence of the rightful role of a database that the administrator owns: privileges and tables that only the
 * administrator or that role can have created. A session, a large object, a temporary table, and a table in a schema
 * where PUBLIC may create are no evidence. Any role that could connect once may have left them.
 *
 * @param entitled roles that may create objects in the database, or in a schema of the administrator. The administrator
 *     granted the privilege to that very role
 * @param owners roles that own a table in a schema where PUBLIC may not create, or a schema in a database where PUBLIC
 *     may not
 * @param present roles that own any table or schema
 * @param closed a table, view or large object of the administrator on which the claimant lacks privileges; empty where
 *     there is none
 */
record Evidence(Set<String> entitled, Set<String> owners, Set<String> present, String closed) {
    /** The value for a database that was not read. */
    static final Evidence NONE = new Evidence(Set.of(), Set.of(), Set.of(), "");

    Evidence {
        entitled = Set.copyOf(entitled);
        owners = Set.copyOf(owners);
        present = Set.copyOf(present);
    }

    private static final String ROLES = """
            WITH databases AS (
                SELECT d.datacl,
                       EXISTS (SELECT FROM pg_catalog.aclexplode(d.datacl) AS acl
                                WHERE acl.grantee = 0 AND acl.privilege_type = 'CREATE') AS open
                  FROM pg_catalog.pg_database AS d
                 WHERE d.datname = pg_catalog.current_database()),
            schemas AS (
                SELECT n.oid, n.nspowner, n.nspacl, d.open AND NOT o.rolsuper AND o.rolname !~ '^pg_' AS anybodys,
                       EXISTS (SELECT FROM pg_catalog.aclexplode(n.nspacl) AS acl
                                WHERE acl.grantee = 0 AND acl.privilege_type = 'CREATE') AS open
                  FROM pg_catalog.pg_namespace AS n
                  JOIN pg_catalog.pg_authid AS o ON o.oid = n.nspowner
                 CROSS JOIN databases AS d
                 WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'),
            found (kind, role, grantor) AS (
                SELECT 'entitled', acl.grantee, acl.grantor
                  FROM databases AS d
                 CROSS JOIN LATERAL pg_catalog.aclexplode(d.datacl) AS acl
                 WHERE acl.privilege_type = 'CREATE'
                UNION
                SELECT 'entitled', acl.grantee, acl.grantor
                  FROM schemas AS s
                 CROSS JOIN LATERAL pg_catalog.aclexplode(s.nspacl) AS acl
                 WHERE acl.privilege_type = 'CREATE'
                UNION
                SELECT CASE WHEN s.anybodys THEN 'present' ELSE 'owner' END, s.nspowner, NULL::oid
                  FROM schemas AS s
                UNION
                SELECT CASE WHEN s.open OR s.anybodys THEN 'present' ELSE 'owner' END, c.relowner, NULL::oid
                  FROM pg_catalog.pg_class AS c
                  JOIN schemas AS s ON s.oid = c.relnamespace
                 WHERE c.relkind IN ('r', 'p', 'm', 'f'))
            SELECT f.kind, r.rolname
              FROM found AS f
              JOIN pg_catalog.pg_authid AS r ON r.oid = f.role
              LEFT JOIN pg_catalog.pg_authid AS g ON g.oid = f.grantor
             WHERE NOT r.rolsuper AND r.rolname !~ '^pg_'
               AND (f.grantor IS NULL OR g.rolsuper OR g.rolname = 'pg_database_owner')
            """;

    /**
     * Finds one object, which is enough. Objects of extensions do not count, since their privileges are the extensions'
     * own.
     */
    private static final String CLOSED = """
            SELECT found.name
              FROM (SELECT pg_catalog.format('%I.%I', n.nspname, c.relname) AS name
                      FROM pg_catalog.pg_class AS c
                      JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
                      JOIN pg_catalog.pg_authid AS o ON o.oid = c.relowner AND o.rolsuper
                     WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm')
                       AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
                       AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS e
                                        WHERE e.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                                          AND e.objid = c.oid AND e.deptype = 'e')
                       AND (SELECT count(DISTINCT acl.privilege_type)
                              FROM pg_catalog.aclexplode(c.relacl) AS acl
                              JOIN pg_catalog.pg_authid AS r ON r.oid = acl.grantee AND r.rolname = ?
                             WHERE acl.privilege_type IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE'))
                           < CASE WHEN c.relkind IN ('v', 'm') THEN 1 ELSE 4 END
                    UNION ALL
                    SELECT 'large object ' || l.oid
                      FROM pg_catalog.pg_largeobject_metadata AS l
                      JOIN pg_catalog.pg_authid AS o ON o.oid = l.lomowner AND o.rolsuper) AS found
             LIMIT 1
            """;

    /**
     * Reads the evidence in one database.
     *
     * @param inside a connection of the administrator to the database, with an empty {@code search_path}
     * @param claimant the role that asks for the database
     */
    static Evidence read(Connection inside, String claimant) throws SQLException {
        Set<String> entitled = new TreeSet<>();
        Set<String> owners = new TreeSet<>();
        Set<String> present = new TreeSet<>();
        try (PreparedStatement statement = inside.prepareStatement(ROLES);
                ResultSet row = statement.executeQuery()) {
            while (row.next()) {
                String role = row.getString(2);
                switch (row.getString(1)) {
                    case "entitled" -> entitled.add(role);
                    case "owner" -> {
                        owners.add(role);
                        present.add(role);
                    }
                    default -> present.add(role);
                }
            }
        }
        String closed =
                Query.first(inside, CLOSED, row -> row.getString(1), claimant).orElse("");
        return new Evidence(entitled, owners, present, closed);
    }
}
