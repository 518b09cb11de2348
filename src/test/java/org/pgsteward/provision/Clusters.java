package org.pgsteward.provision;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.stream.Collectors;
import org.pgsteward.model.PostgresServer;
import org.pgsteward.model.Secret;
import org.pgsteward.postgres.ServerAddress;

/** A builder of clusters. At first a cluster has only an administrator and the management database. */
final class Clusters {
    static final ServerAddress SERVER =
            new ServerAddress("127.0.0.1", 5432, "admin", new Secret("the-administrators"), "management");

    /** Accepts the passwords of {@link #verifier}. Real verifiers would take milliseconds each. */
    static final BiPredicate<Cluster.Role, Secret> ACCEPTS =
            (role, password) -> role.verifier().equals(verifier(password.reveal()));

    private int major = 15;
    private final Map<String, Cluster.Role> roles = new HashMap<>();
    private final Map<String, Cluster.Database> databases = new HashMap<>();
    private final Map<String, Cluster.Service> services = new HashMap<>();
    private final Set<Cluster.ObjectGrant> management = new HashSet<>();

    private Clusters() {
        roles.put("admin", new Cluster.Role("admin", true, true, true, true, -1, "", Set.of()));
        database("management", "admin");
    }

    static Clusters empty() {
        return new Clusters();
    }

    static String verifier(String password) {
        return "verifier of " + password;
    }

    Clusters major(int version) {
        major = version;
        return this;
    }

    /** Adds a complete service without drift, bound to {@code homelab/name}. */
    Clusters service(String name, String password) {
        return row(name, name, name, "homelab/" + name).owner(name, password).database(name, name, all(name));
    }

    /** Adds a role with the attributes and privileges of a service. */
    Clusters owner(String name, String password) {
        return role(name, password).mayLogAndSee(name);
    }

    /** Adds a row in {@code service_configs}. With an empty identity the row is bound to no container. */
    Clusters row(String name, String database, String role, String identity) {
        return row(new Cluster.Service(name, database, role, identity, true, "", "id-of-app", "image", "sha256:0"));
    }

    Clusters row(Cluster.Service service) {
        services.put(service.name(), service);
        return this;
    }

    /**
     * Adds a role.
     *
     * @param traits {@code nologin}, {@code superuser}, {@code replication}, {@code createdb}, {@code unlimited} or
     *     {@code shut-out}
     */
    Clusters role(String name, String password, String... traits) {
        List<String> all = List.of(traits);
        roles.put(
                name,
                new Cluster.Role(
                        name,
                        !all.contains("nologin") && !all.contains("shut-out"),
                        all.contains("superuser"),
                        all.contains("replication"),
                        all.contains("createdb"),
                        all.contains("unlimited") ? -1 : all.contains("shut-out") ? 0 : PostgresServer.ROLE_CONNECTIONS,
                        verifier(password),
                        Set.of()));
        return this;
    }

    /**
     * Makes a role a member of another.
     *
     * @param grantor the role that granted the membership
     */
    Clusters member(String name, String of, String grantor) {
        roles.computeIfPresent(
                name,
                (any, role) -> new Cluster.Role(
                        name,
                        role.canLogIn(),
                        role.superuser(),
                        role.replication(),
                        role.otherPowers(),
                        role.connectionLimit(),
                        role.verifier(),
                        Set.of(new Cluster.Membership(of, grantor))));
        return this;
    }

    /** Grants the two privileges of a service in the management database. */
    Clusters mayLogAndSee(String role) {
        return grant("management", role + " CONNECT")
                .on(ManagementAccess.LOG_ACTIVITY, role, "EXECUTE")
                .on(ManagementAccess.STATUS, role, "SELECT");
    }

    Clusters on(String object, String grantee, String privilege) {
        management.add(new Cluster.ObjectGrant(object, grantee, privilege));
        return this;
    }

    Clusters notOn(String object, String grantee) {
        management.removeIf(
                grant -> grant.object().equals(object) && grant.grantee().equals(grantee));
        return this;
    }

    /**
     * Adds a database.
     *
     * @param grants such as {@code app CONNECT}; {@code  CONNECT} with an empty role is a grant to PUBLIC
     */
    Clusters database(String name, String owner, String... grants) {
        databases.put(
                name,
                new Cluster.Database(
                        name, owner, owner.equals("admin"), true, parsed(List.of(grants)), Set.of(), Evidence.NONE));
        return this;
    }

    /** Returns the privileges that PostgreSQL gives to the owner of a new database. */
    static String[] all(String owner) {
        return new String[] {owner + " CONNECT", owner + " CREATE", owner + " TEMPORARY"};
    }

    Clusters grant(String database, String... grants) {
        databases.computeIfPresent(database, (name, before) -> {
            Set<Cluster.Grant> more = new HashSet<>(before.grants());
            more.addAll(parsed(List.of(grants)));
            return new Cluster.Database(
                    name,
                    before.owner(),
                    before.ofAdministrator(),
                    before.allowsConnections(),
                    more,
                    before.business(),
                    before.evidence());
        });
        return this;
    }

    /** Closes a database for connections, like {@code template0} or a database that is being created. */
    Clusters shut(String database) {
        databases.computeIfPresent(
                database,
                (name, before) -> new Cluster.Database(
                        name,
                        before.owner(),
                        before.ofAdministrator(),
                        false,
                        before.grants(),
                        before.business(),
                        before.evidence()));
        return this;
    }

    /** Sets the roles that own objects in a database. */
    Clusters business(String database, String... of) {
        databases.computeIfPresent(database, (any, before) -> before.with(Set.of(of)));
        return this;
    }

    /** Sets the evidence of the rightful owner of an administrator's database. */
    Clusters evidence(String database, Evidence found) {
        databases.computeIfPresent(database, (any, before) -> before.with(found));
        return this;
    }

    private static Set<Cluster.Grant> parsed(List<String> grants) {
        return grants.stream()
                .map(grant -> new Cluster.Grant(
                        grant.substring(0, grant.lastIndexOf(' ')), grant.substring(grant.lastIndexOf(' ') + 1)))
                .collect(Collectors.toSet());
    }

    Cluster cluster() {
        return new Cluster(
                major,
                roles,
                databases,
                services,
                management.stream().collect(Collectors.groupingBy(Cluster.ObjectGrant::grantee, Collectors.toSet())));
    }
}
