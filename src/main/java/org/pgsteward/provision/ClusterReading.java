package org.pgsteward.provision;

import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.pgsteward.postgres.Query;

/**
 * Reads what exists, over one connection to the management database and in a number of statements that does not grow
 * with the number of services.
 */
final class ClusterReading {
    private static final String ROLES = """
            SELECT r.rolname, r.rolcanlogin, r.rolsuper, r.rolreplication,
                   r.rolbypassrls OR r.rolcreaterole OR r.rolcreatedb, r.rolconnlimit,
                   pg_catalog.left(COALESCE(r.rolpassword, ''), 1024),
                   ARRAY(SELECT g.rolname FROM pg_catalog.pg_auth_members AS m
                           JOIN pg_catalog.pg_authid AS g ON g.oid = m.roleid
                          WHERE m.member = r.oid ORDER BY m.roleid, m.grantor),
                   ARRAY(SELECT COALESCE(b.rolname, '') FROM pg_catalog.pg_auth_members AS m
                           LEFT JOIN pg_catalog.pg_authid AS b ON b.oid = m.grantor
                          WHERE m.member = r.oid ORDER BY m.roleid, m.grantor)
              FROM pg_catalog.pg_authid AS r
             WHERE r.rolname !~ '^pg_' AND (?::text[] IS NULL OR lower(r.rolname) = ANY (?::text[]))
            """;

    private static final String DATABASES = """
            SELECT d.datname, o.rolname, o.rolsuper, d.datallowconn,
                   ARRAY(SELECT acl.privilege_type || ' ' || COALESCE(g.rolname, '')
                           FROM pg_catalog.aclexplode(COALESCE(d.datacl, pg_catalog.acldefault('d', d.datdba))) AS acl
                           LEFT JOIN pg_catalog.pg_authid AS g ON g.oid = acl.grantee
                          WHERE acl.grantee = 0 OR g.oid IS NOT NULL),
                   pg_catalog.pg_stat_get_db_tuples_inserted(d.oid) + pg_catalog.pg_stat_get_db_tuples_updated(d.oid)
                       + pg_catalog.pg_stat_get_db_tuples_deleted(d.oid)
              FROM pg_catalog.pg_database AS d
              JOIN pg_catalog.pg_authid AS o ON o.oid = d.datdba
             WHERE ?::text[] IS NULL OR lower(d.datname) = ANY (?::text[])
            """;

    private static final String SERVICES = """
            SELECT service_name, database_name, COALESCE(role_name, ''), COALESCE(identity, ''), enabled,
                   COALESCE(quarantined_from, ''), COALESCE(container_id, ''), COALESCE(image, ''),
                   COALESCE(image_id, '')
              FROM public.service_configs
             WHERE ?::text[] IS NULL
                OR lower(service_name) = ANY (?::text[])
                OR lower(database_name) = ANY (?::text[])
                OR lower(role_name) = ANY (?::text[])
                OR lower(quarantined_from) = ANY (?::text[])
            """;

    /**
     * Extensions bring grants of their own, which are theirs. Of a schema only who may make objects in it: whoever may can
     * leave an operator there that the next superuser runs without knowing. What is granted on a column is told as if it
     * were on the table, from which it is taken back. A service needs none of the functions that make or enlarge large
     * objects here, and with them it could fill the server's disk.
     */
    private static final String MANAGEMENT = """
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

    /** Who owns or was granted something inside, and who is connected; grants on the database itself stand there. */
    private static final String BUSINESS = """
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

    /**
     * What belongs to each plain role in the management database: how many large objects, how many other objects, and the
     * names of a few of the others. A session's own temporary objects are nobody else's. A role may own hundreds of
     * thousands, so PostgreSQL counts them.
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

    /** False before the first command that writes: a plan is made of what is there, and makes nothing. */
    private static final String TABLES_ARE_MADE = """
            SELECT EXISTS (SELECT FROM pg_catalog.pg_attribute
                            WHERE attrelid = pg_catalog.to_regclass('public.service_configs')
                              AND attname = 'quarantined_from')
            """;

    private static final String IS_THERE = "SELECT EXISTS (SELECT FROM pg_catalog.pg_database WHERE datname = ?)"
            + " AND EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = ?)";

    private final Connection management;

    ClusterReading(Connection management) {
        this.management = management;
    }

    /** Whether a database and a role of these names are there now. */
    boolean isThere(String database, String role) throws SQLException {
        return Query.first(management, IS_THERE, row -> row.getBoolean(1), database, role)
                .orElse(false);
    }

    /** Everything. */
    Cluster whole() throws SQLException {
        Cluster cluster = read(null);
        return withBusiness(
                cluster,
                cluster.databases().values().stream()
                        .filter(database -> database.isOpenToPublic()
                                || database.ofAdministrator()
                                || cluster.index().namesAnotherService(database))
                        .map(Cluster.Database::name)
                        .toList());
    }

    /** Whatever has one of the claims' names, in any letter case, and whatever their services had before. */
    Cluster around(Collection<Claim> claims, String administrated) throws SQLException {
        Set<String> names = claims.stream()
                .flatMap(claim -> Stream.of(claim.service(), claim.database(), claim.user()))
                .map(ClusterIndex::fold)
                .collect(Collectors.toCollection(HashSet::new));
        names.add(ClusterIndex.fold(administrated));
        Cluster cluster = read(names);
        Set<String> before = claims.stream()
                .flatMap(claim -> cluster.service(claim.service()).stream())
                .flatMap(service -> Stream.of(service.database(), service.role()))
                .map(ClusterIndex::fold)
                .collect(Collectors.toSet());
        Cluster found = names.addAll(before) ? read(names) : cluster;
        return withBusiness(
                found,
                found.databases().values().stream()
                        .filter(database -> !database.name().equals(administrated))
                        .filter(database -> found.index().namesAnotherService(database))
                        .map(Cluster.Database::name)
                        .toList());
    }

    /**
     * What a role owns in the management database.
     *
     * @param largeObjects how many
     * @param others how many other objects
     * @param named a few of the others, as {@code pg_identify_object} calls them
     */
    record Belongings(long largeObjects, long others, List<String> named) {
        static final Belongings NONE = new Belongings(0, 0, List.of());
    }

    /** By role, what it owns in the management database. */
    Map<String, Belongings> belongings() throws SQLException {
        return Query.map(management, BELONGINGS, row -> row.getString(1), row -> {
            List<String> named = List.of(strings(row, 4));
            return new Belongings(row.getLong(2), named.isEmpty() ? 0 : row.getLong(3), named);
        });
    }

    /** What exceeds a limit; the journal's tables are not read before they are made. */
    List<Excess> excesses() throws SQLException {
        return ExcessReading.of(management, areTablesMade());
    }

    private Cluster read(@Nullable Collection<String> names) throws SQLException {
        Array filter = names == null ? null : management.createArrayOf("text", names.toArray());
        boolean made = names != null || areTablesMade();
        return new Cluster(
                management.getMetaData().getDatabaseMajorVersion(),
                roles(filter),
                databases(filter),
                made ? services(filter) : Map.of(),
                made ? managementGrants(filter) : Map.of());
    }

    private boolean areTablesMade() throws SQLException {
        return Query.one(management, TABLES_ARE_MADE, row -> row.getBoolean(1));
    }

    private Map<String, Cluster.Role> roles(@Nullable Array filter) throws SQLException {
        Map<String, Cluster.Role> roles = new HashMap<>();
        try (PreparedStatement statement = prepared(ROLES, filter, 2);
                ResultSet row = statement.executeQuery()) {
            while (row.next()) {
                roles.put(
                        row.getString(1),
                        new Cluster.Role(
                                row.getString(1),
                                row.getBoolean(2),
                                row.getBoolean(3),
                                row.getBoolean(4),
                                row.getBoolean(5),
                                row.getInt(6),
                                row.getString(7),
                                memberships(strings(row, 8), strings(row, 9))));
            }
        }
        return roles;
    }

    private static Set<Cluster.Membership> memberships(String[] roles, String[] grantors) {
        Set<Cluster.Membership> memberships = new HashSet<>();
        for (int i = 0; i < roles.length; i++) {
            memberships.add(new Cluster.Membership(roles[i], grantors[i]));
        }
        return memberships;
    }

    private Map<String, Cluster.Database> databases(@Nullable Array filter) throws SQLException {
        Map<String, Cluster.Database> databases = new HashMap<>();
        try (PreparedStatement statement = prepared(DATABASES, filter, 2);
                ResultSet row = statement.executeQuery()) {
            while (row.next()) {
                Set<Cluster.Grant> grants = Stream.of(strings(row, 5))
                        .map(text -> text.split(" ", 2))
                        .map(parts -> new Cluster.Grant(parts[1], parts[0]))
                        .collect(Collectors.toUnmodifiableSet());
                databases.put(
                        row.getString(1),
                        new Cluster.Database(
                                row.getString(1),
                                row.getString(2),
                                row.getBoolean(3),
                                row.getBoolean(4),
                                grants,
                                Set.of(),
                                Evidence.NONE,
                                row.getLong(6)));
            }
        }
        return databases;
    }

    private Map<String, Cluster.Service> services(@Nullable Array filter) throws SQLException {
        Map<String, Cluster.Service> services = new HashMap<>();
        try (PreparedStatement statement = prepared(SERVICES, filter, 5);
                ResultSet row = statement.executeQuery()) {
            while (row.next()) {
                services.put(
                        row.getString(1),
                        new Cluster.Service(
                                row.getString(1),
                                row.getString(2),
                                row.getString(3),
                                row.getString(4),
                                row.getBoolean(5),
                                row.getString(6),
                                row.getString(7),
                                row.getString(8),
                                row.getString(9)));
            }
        }
        return services;
    }

    private Map<String, Set<Cluster.ObjectGrant>> managementGrants(@Nullable Array filter) throws SQLException {
        Map<String, Set<Cluster.ObjectGrant>> grants = new HashMap<>();
        try (PreparedStatement statement = prepared(MANAGEMENT, filter, 2);
                ResultSet row = statement.executeQuery()) {
            while (row.next()) {
                grants.computeIfAbsent(row.getString(2), any -> new HashSet<>())
                        .add(new Cluster.ObjectGrant(row.getString(1), row.getString(2), row.getString(3)));
            }
        }
        return grants;
    }

    private Cluster withBusiness(Cluster cluster, Collection<String> names) throws SQLException {
        if (names.isEmpty()) {
            return cluster;
        }
        Map<String, Set<String>> business = new HashMap<>();
        try (PreparedStatement statement = prepared(BUSINESS, management.createArrayOf("text", names.toArray()), 2);
                ResultSet row = statement.executeQuery()) {
            while (row.next()) {
                business.computeIfAbsent(row.getString(1), any -> new HashSet<>())
                        .add(row.getString(2));
            }
        }
        Map<String, Cluster.Database> databases = new HashMap<>(cluster.databases());
        business.forEach((name, roles) -> databases.computeIfPresent(name, (any, database) -> database.with(roles)));
        return new Cluster(cluster.major(), cluster.roles(), databases, cluster.services(), cluster.management());
    }

    private PreparedStatement prepared(String sql, @Nullable Array names, int times) throws SQLException {
        PreparedStatement statement = management.prepareStatement(sql);
        for (int i = 1; i <= times; i++) {
            statement.setArray(i, names);
        }
        return statement;
    }

    private static String[] strings(ResultSet row, int column) throws SQLException {
        return (String[]) row.getArray(column).getArray();
    }
}
