package org.pgsteward.provision;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Reads the roles that use a database: they own an object in it, have a privilege on one, or are connected to it. Privileges
 * on the database itself are in {@link Cluster.Database#grants}.
 */
final class DatabaseUsers {
    private static final String USERS = """
            SELECT d.datname, r.rolname
              FROM pg_catalog.pg_database AS d
              JOIN pg_catalog.pg_shdepend AS s ON s.dbid = d.oid
              JOIN pg_catalog.pg_authid AS r
                ON s.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass AND r.oid = s.refobjid
             WHERE d.datname = ANY (?::text[]) AND NOT r.rolsuper AND r.rolname !~ '^pg_'
            UNION
            SELECT a.datname, a.usename
              FROM pg_catalog.pg_stat_activity AS a
              JOIN pg_catalog.pg_authid AS r ON r.oid = a.usesysid
             WHERE a.datname = ANY (?::text[]) AND NOT r.rolsuper
            """;

    private DatabaseUsers() {}

    /**
     * Returns the roles by database. Superusers and PostgreSQL's own roles are left out.
     *
     * @param names of databases
     */
    static Map<String, Set<String>> of(Connection management, Collection<String> names) throws SQLException {
        Map<String, Set<String>> users = new HashMap<>();
        if (names.isEmpty()) {
            return users;
        }
        try (PreparedStatement statement = NameFilter.of(management, names).prepare(USERS);
                ResultSet row = statement.executeQuery()) {
            while (row.next()) {
                users.computeIfAbsent(row.getString(1), any -> new HashSet<>()).add(row.getString(2));
            }
        }
        return users;
    }
}
