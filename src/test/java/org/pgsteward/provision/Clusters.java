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

/** Clusters, put together in a line: at first with an administrator, his management database and nothing else. */
final class Clusters {
    static final ServerAddress SERVER =
            new ServerAddress("127.0.0.1", 5432, "admin", new Secret("the-administrators"), "management");

    /** Of {@link #verifier}; to make real ones takes milliseconds each. */
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

    /** A service that has all as it should be, bound to {@code homelab/name}. */
    Clusters service(String name, String password) {
        return row(name, name, name, "homelab/" + name).owner(name, password).database(name, name, all(name));
    }

    /** A role as a service's should be. */
    Clusters owner(String name, String password) {
        return role(name, password).mayLogAndSee(name);
    }

    /** The row in {@code service_configs}; an empty identity is nobody's. */
    Clusters row(String name, String database, String role, String identity) {
        return row(new Cluster.Service(name, database, role, identity, true, "", "id-of-app", "image", "sha256:0"));
    }

    Clusters row(Cluster.Service service) {
        services.put(service.name(), service);
        return this;
    }

    /** @param traits {@code nologin}, {@code superuser}, {@code replication}, {@code createdb}, {@code unlimited} or {@code shut-out} */
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

    /** @param grantor who gave it */
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

    /** The two things that a service may do in the management database. */
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

    /** @param grants such as {@code app CONNECT}, and {@code  CONNECT} for everybody's */
    Clusters database(String name, String owner, String... grants) {
        databases.put(
                name,
                new Cluster.Database(
                        name, owner, owner.equals("admin"), true, parsed(List.of(grants)), Set.of(), Evidence.NONE, 0));
        return this;
    }

    /** What PostgreSQL gives to a new database's owner. */
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
                    before.evidence(),
                    before.writes());
        });
        return this;
    }

    /** As {@code template0}, and one that is being made. */
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
                        before.evidence(),
                        before.writes()));
        return this;
    }

    /** Roles that own something in it. */
    Clusters business(String database, String... of) {
        databases.computeIfPresent(database, (any, before) -> before.with(Set.of(of)));
        return this;
    }

    /** Of a database of the administrator's, what shows whose it is. */
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
