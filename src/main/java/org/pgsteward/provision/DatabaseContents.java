package org.pgsteward.provision;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.pgsteward.postgres.Query;
import org.pgsteward.postgres.Quote;

/**
 * The parts of one service's database that may need repair.
 *
 * @param misowned objects of the administrator, or of the service's former role
 * @param publicSchemaClosed whether the owner may not use or create in schema {@code public}
 * @param extensions the installed extensions
 */
record DatabaseContents(List<Misowned> misowned, boolean publicSchemaClosed, Set<String> extensions) {
    /** Excludes objects that the administrator cannot or should not give away: extensions and their members. */
    private static final String MISOWNED = """
            WITH givers AS (SELECT oid FROM pg_catalog.pg_roles WHERE rolsuper OR rolname = ANY (?::text[])),
            objects (classid, objid, owner) AS (
                SELECT 'pg_catalog.pg_namespace'::pg_catalog.regclass::oid, oid, nspowner FROM pg_catalog.pg_namespace
                UNION ALL
                SELECT 'pg_catalog.pg_class'::pg_catalog.regclass, c.oid, c.relowner FROM pg_catalog.pg_class AS c
                 WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
                    OR (c.relkind = 'S' AND NOT EXISTS (
                            SELECT FROM pg_catalog.pg_depend AS d
                             WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid
                               AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
                               AND d.deptype IN ('a', 'i')))
                UNION ALL
                SELECT 'pg_catalog.pg_type'::pg_catalog.regclass, t.oid, t.typowner FROM pg_catalog.pg_type AS t
                 WHERE t.typtype IN ('b', 'c', 'd', 'e', 'r')
                   AND NOT EXISTS (SELECT FROM pg_catalog.pg_type AS e WHERE e.typarray = t.oid)
                   AND (t.typrelid = 0
                        OR (SELECT c.relkind FROM pg_catalog.pg_class AS c WHERE c.oid = t.typrelid) = 'c')
                UNION ALL
                SELECT 'pg_catalog.pg_proc'::pg_catalog.regclass, oid, proowner FROM pg_catalog.pg_proc
                UNION ALL
                SELECT 'pg_catalog.pg_operator'::pg_catalog.regclass, oid, oprowner FROM pg_catalog.pg_operator
                UNION ALL
                SELECT 'pg_catalog.pg_opclass'::pg_catalog.regclass, oid, opcowner FROM pg_catalog.pg_opclass
                UNION ALL
                SELECT 'pg_catalog.pg_opfamily'::pg_catalog.regclass, oid, opfowner FROM pg_catalog.pg_opfamily
                UNION ALL
                SELECT 'pg_catalog.pg_collation'::pg_catalog.regclass, oid, collowner FROM pg_catalog.pg_collation
                UNION ALL
                SELECT 'pg_catalog.pg_conversion'::pg_catalog.regclass, oid, conowner FROM pg_catalog.pg_conversion
                UNION ALL
                SELECT 'pg_catalog.pg_ts_dict'::pg_catalog.regclass, oid, dictowner FROM pg_catalog.pg_ts_dict
                UNION ALL
                SELECT 'pg_catalog.pg_ts_config'::pg_catalog.regclass, oid, cfgowner FROM pg_catalog.pg_ts_config
                UNION ALL
                SELECT 'pg_catalog.pg_statistic_ext'::pg_catalog.regclass, oid, stxowner
                  FROM pg_catalog.pg_statistic_ext
                UNION ALL
                SELECT 'pg_catalog.pg_largeobject'::pg_catalog.regclass, oid, lomowner
                  FROM pg_catalog.pg_largeobject_metadata
                UNION ALL
                SELECT 'pg_catalog.pg_publication'::pg_catalog.regclass, p.oid, p.pubowner
                  FROM pg_catalog.pg_publication AS p
                 WHERE NOT p.puballtables
                   AND NOT EXISTS (SELECT FROM pg_catalog.pg_publication_namespace AS s WHERE s.pnpubid = p.oid))
            SELECT named.type, named.identity
              FROM objects AS o
             CROSS JOIN LATERAL pg_catalog.pg_identify_object(o.classid, o.objid, 0) AS named
             WHERE o.objid >= 16384
               AND o.owner IN (SELECT oid FROM givers)
               AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS d
                                WHERE d.classid = o.classid AND d.objid = o.objid AND d.objsubid = 0
                                  AND d.deptype IN ('e', 'i'))
               AND (named.schema IS NULL OR named.schema !~ '^(pg_|information_schema$)')
               AND NOT (named.type = 'schema' AND named.identity ~ '^pg_')
             ORDER BY named.type <> 'schema', named.type, named.identity
            """;

    private static final String PUBLIC_SCHEMA_CLOSED = """
            SELECT EXISTS (SELECT FROM pg_catalog.pg_namespace AS n
                            WHERE n.nspname = 'public'
                              AND NOT (pg_catalog.has_schema_privilege(?, n.oid, 'CREATE')
                                       AND pg_catalog.has_schema_privilege(?, n.oid, 'USAGE')))
            """;

    /** Identifies the queries: it changes whenever they do. */
    static final String CHECKS = Integer.toHexString((MISOWNED + PUBLIC_SCHEMA_CLOSED).hashCode());

    /**
     * An object with a wrong owner.
     *
     * @param type as {@code pg_identify_object} calls it
     * @param identity quoted and with its schema
     */
    record Misowned(String type, String identity) {
        String ownedBy(String role) {
            String kind = switch (type) {
                case "composite type" -> "TYPE";
                case "function", "procedure", "aggregate" -> "ROUTINE";
                case "statistics object" -> "STATISTICS";
                default -> type.toUpperCase(Locale.ROOT);
            };
            return "ALTER " + kind + " " + identity + " OWNER TO " + Quote.identifier(role);
        }
    }

    /**
     * Reads the state of the database.
     *
     * @param connection a connection of the administrator to the database, with an empty {@code search_path}
     * @param former roles that the service had before
     */
    static DatabaseContents look(Connection connection, String role, Collection<String> former) throws SQLException {
        List<Misowned> misowned =
                Query.list(connection, MISOWNED, row -> new Misowned(row.getString(1), row.getString(2)), former);
        return new DatabaseContents(
                List.copyOf(misowned), isPublicSchemaClosed(connection, role), installed(connection));
    }

    private static boolean isPublicSchemaClosed(Connection connection, String role) throws SQLException {
        return Query.one(connection, PUBLIC_SCHEMA_CLOSED, row -> row.getBoolean(1), role, role);
    }

    private static Set<String> installed(Connection connection) throws SQLException {
        return new HashSet<>(
                Query.list(connection, "SELECT extname FROM pg_catalog.pg_extension", row -> row.getString(1)));
    }

    /**
     * Returns the steps that repair the database. Each statement is a step, since each waits for a lock of its own.
     */
    List<Step> steps(Step.Kind kind, String database, String role, Set<String> wanted) {
        Stream<Step> owners = misowned.stream()
                .map(object -> new Step(
                        kind,
                        database,
                        object.ownedBy(role),
                        object.type() + " " + object.identity() + " in database " + database
                                + " does not belong to role " + role));
        Stream<Step> schema = publicSchemaClosed
                ? Stream.of(new Step(
                        kind,
                        database,
                        // As PostgreSQL 15 makes it in every new database.
                        "ALTER SCHEMA public OWNER TO pg_database_owner;"
                                + " GRANT ALL ON SCHEMA public TO pg_database_owner",
                        "role " + role + " lacks privileges on schema public of database " + database))
                : Stream.of();
        Stream<Step> missing = new TreeSet<>(wanted)
                .stream()
                        .filter(extension -> !extensions.contains(extension))
                        .map(extension -> new Step(
                                Step.Kind.CHANGE,
                                database,
                                "CREATE EXTENSION " + Quote.identifier(extension) + " SCHEMA public",
                                "database " + database + " lacks the extension " + extension));
        return Stream.of(schema, owners, missing).flatMap(step -> step).toList();
    }
}
