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
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.pgsteward.postgres.Query;

/**
 * Reads the roles, databases and services of the cluster, over one connection to the management database. The number of
 * statements does not grow with the number of services.
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
                          WHERE acl.grantee = 0 OR g.oid IS NOT NULL)
              FROM pg_catalog.pg_database AS d
              JOIN pg_catalog.pg_authid AS o ON o.oid = d.datdba
             WHERE ?::text[] IS NULL OR lower(d.datname) = ANY (?::text[])
            """;

    private static final String SERVICES = """
            SELECT service_name, database_name, COALESCE(role_name, ''), COALESCE(identity, ''), enabled,
                   COALESCE(quarantined_from, ''), COALESCE(container_id, ''), COALESCE(image, ''),
                   COALESCE(image_id, ''), COALESCE(to_jsonb(s) ->> 'companion_of', '')
              FROM public.service_configs AS s
             WHERE ?::text[] IS NULL
                OR lower(service_name) = ANY (?::text[])
                OR lower(database_name) = ANY (?::text[])
                OR lower(role_name) = ANY (?::text[])
                OR lower(quarantined_from) = ANY (?::text[])
            """;

    private static final String IS_THERE = "SELECT EXISTS (SELECT FROM pg_catalog.pg_database WHERE datname = ?)"
            + " AND EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = ?)";

    private final Connection management;
    private final ManagementReading contents;

    ClusterReading(Connection management) {
        this.management = management;
        this.contents = new ManagementReading(management);
    }

    /** Returns whether a database and a role with these names exist now. */
    boolean isThere(String database, String role) throws SQLException {
        return Query.first(management, IS_THERE, row -> row.getBoolean(1), database, role)
                .orElse(false);
    }

    /** Reads the whole cluster. */
    Cluster whole() throws SQLException {
        Cluster cluster = read(NameFilter.all(management));
        return withUsers(
                cluster,
                cluster.databases().values().stream()
                        .filter(database -> database.isOpenToPublic()
                                || database.ofAdministrator()
                                || cluster.index().namesAnotherService(database))
                        .map(Cluster.Database::name)
                        .toList());
    }

    /**
     * Reads the objects with the names of the claims, in any letter case, and the previous databases and roles of their
     * services.
     *
     * @param administrated the management database
     */
    Cluster around(Collection<Claim> claims, String administrated) throws SQLException {
        Set<String> names = claims.stream()
                .flatMap(claim -> Stream.of(claim.service(), claim.database(), claim.user()))
                .map(ClusterIndex::fold)
                .collect(Collectors.toCollection(HashSet::new));
        names.add(ClusterIndex.fold(administrated));
        Cluster cluster = read(NameFilter.of(management, names));
        Set<String> previous = claims.stream()
                .flatMap(claim -> cluster.service(claim.service()).stream())
                .flatMap(service -> Stream.of(service.database(), service.role()))
                .map(ClusterIndex::fold)
                .collect(Collectors.toSet());
        Cluster found = names.addAll(previous) ? read(NameFilter.of(management, names)) : cluster;
        return withUsers(
                found,
                found.databases().values().stream()
                        .filter(database -> !database.name().equals(administrated))
                        .filter(database -> found.index().namesAnotherService(database))
                        .map(Cluster.Database::name)
                        .toList());
    }

    private Cluster withUsers(Cluster cluster, Collection<String> names) throws SQLException {
        Map<String, Set<String>> users = DatabaseUsers.of(management, names);
        if (users.isEmpty()) {
            return cluster;
        }
        Map<String, Cluster.Database> databases = new HashMap<>(cluster.databases());
        users.forEach((name, roles) -> databases.computeIfPresent(name, (any, database) -> database.with(roles)));
        return new Cluster(cluster.major(), cluster.roles(), databases, cluster.services(), cluster.management());
    }

    private Cluster read(NameFilter filter) throws SQLException {
        // A plan may run before the tables are created, and creates nothing; a claim comes later.
        boolean created = !filter.isForAll() || contents.hasTables();
        return new Cluster(
                management.getMetaData().getDatabaseMajorVersion(),
                roles(filter),
                databases(filter),
                created ? services(filter) : Map.of(),
                created ? contents.grants(filter) : Map.of());
    }

    private Map<String, Cluster.Role> roles(NameFilter filter) throws SQLException {
        Map<String, Cluster.Role> roles = new HashMap<>();
        try (PreparedStatement statement = filter.prepare(ROLES);
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

    private Map<String, Cluster.Database> databases(NameFilter filter) throws SQLException {
        Map<String, Cluster.Database> databases = new HashMap<>();
        try (PreparedStatement statement = filter.prepare(DATABASES);
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
                                Evidence.NONE));
            }
        }
        return databases;
    }

    private Map<String, Cluster.Service> services(NameFilter filter) throws SQLException {
        Map<String, Cluster.Service> services = new HashMap<>();
        try (PreparedStatement statement = filter.prepare(SERVICES);
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
                                row.getString(9),
                                row.getString(10)));
            }
        }
        return services;
    }

    private static String[] strings(ResultSet row, int column) throws SQLException {
        return (String[]) row.getArray(column).getArray();
    }
}
