package org.pgsteward.provision;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.pgsteward.model.PostgresServer;
import org.pgsteward.model.Secret;
import org.pgsteward.postgres.Quote;
import org.pgsteward.postgres.ScramVerifier;

/**
 * What a service's role and database should be like, and the steps there from what they are. Pure: the same two give
 * the same steps (but for the salt of a new verifier), and none when nothing is amiss.
 *
 * <p>The role owns its database and nothing else, has no power over the cluster, belongs to no other role, may have so
 * many connections, and may do two things in the management database: log its users' activity and see its own status.
 */
final class ServiceShape {
    private static final String NO_ROLE = " does not exist";

    private static final String OTHER_PASSWORD = " has another password than its container";
    private static final String NO_PASSWORD = " has no password";

    static final String LOG_ACTIVITY = "FUNCTION public.log_user_activity(varchar, varchar, varchar, inet)";
    static final String STATUS = "TABLE public.service_status";

    /** Where PostgreSQL first keeps a grantor of his own for each membership. */
    private static final int GRANTORS_COUNT = 16;

    private final Cluster cluster;
    private final String management;
    private final String database;
    private final String role;
    private final Step.Kind kind;
    private final List<Step> steps = new ArrayList<>();

    /**
     * @param management the management database
     * @param kind what a step that puts something right counts as
     */
    ServiceShape(Cluster cluster, String management, String database, String role, Step.Kind kind) {
        this.cluster = cluster;
        this.management = management;
        this.database = database;
        this.role = role;
        this.kind = kind;
    }

    /** For a role that a service had before: it stays, since it may own something elsewhere, and nobody comes as it. */
    static String retired(String role, String management) {
        String from = " FROM " + quoted(role);
        return "ALTER ROLE " + quoted(role) + " NOLOGIN; REVOKE ALL ON DATABASE " + quoted(management) + from
                + "; REVOKE ALL ON " + LOG_ACTIVITY + from + "; REVOKE ALL ON " + STATUS + from;
    }

    /** Whoever may make objects in the management database can leave some there that run as whoever comes across them. */
    static Stream<Step> everybodysSchemas(Step.Kind kind, Cluster cluster, String management) {
        return cluster.managementGrants(Cluster.PUBLIC)
                .filter(Cluster.ObjectGrant::isOnSchema)
                .sorted(Comparator.comparing(Cluster.ObjectGrant::object))
                .map(grant -> new Step(kind, management, grant.revoked(), mayMake("every role", grant, management)));
    }

    private static String mayMake(String who, Cluster.ObjectGrant grant, String management) {
        return who + " may make objects in " + grant.object().replaceFirst("^SCHEMA", "schema") + " of database "
                + management;
    }

    /** The reason of the step that makes a database. */
    static String noDatabase(String database) {
        return "database " + database + " does not exist";
    }

    /** Whether a step gives the role its container's password. */
    static boolean setsPassword(Step step) {
        String reason = step.reason();
        return reason.startsWith("role ")
                && (reason.endsWith(OTHER_PASSWORD) || reason.endsWith(NO_PASSWORD) || reason.endsWith(NO_ROLE));
    }

    /** For a service whose container gives its password: what is missing is made. */
    List<Step> made(Secret password, boolean accepted) {
        Optional<Cluster.Role> present = cluster.role(role);
        // In a service's first run the row that binds it is written with the role: a killed run leaves a role as which
        // nobody logs in, and the next one gives it its password. A role that the row does not name has it from the
        // first.
        boolean locked = present.isEmpty() && kind == Step.Kind.ENROL;
        Supplier<String> unlocked = accepted ? () -> "" : withPassword(password);
        if (present.isEmpty()) {
            String create = "CREATE ROLE " + quoted(role)
                    + " LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS CONNECTION LIMIT "
                    + PostgresServer.ROLE_CONNECTIONS + "; " + String.join("; ", managementGrants());
            steps.add(new Step(
                    kind,
                    management,
                    locked ? () -> create : () -> create + "; " + unlocked.get(),
                    "role " + role + NO_ROLE));
        } else if (!accepted) {
            steps.add(new Step(Step.Kind.CHANGE, management, unlocked, "role " + role + OTHER_PASSWORD));
        }
        if (kind == Step.Kind.ENROL) {
            // Every service may connect there from now on; later each look at everything sees to it.
            everybodysSchemas(kind, cluster, management).forEach(steps::add);
        }
        if (cluster.database(database).isEmpty()) {
            // Nobody gets in before PUBLIC is out: the next step opens it.
            add(
                    "CREATE DATABASE " + quoted(database) + " OWNER " + quoted(role)
                            + " TEMPLATE template0 ENCODING 'UTF8' ALLOW_CONNECTIONS false",
                    noDatabase(database));
            Step open = new Step(
                    kind,
                    management,
                    closedToPublic() + "; " + opened(),
                    "nobody but " + role + " may connect to database " + database);
            steps.add(locked ? open.after(unlocked) : open);
        } else if (locked) {
            steps.add(new Step(kind, management, unlocked, "role " + role + NO_PASSWORD));
        }
        return kept();
    }

    /** For a service as it is enrolled: what is there is as it should be, and what is missing stays so. */
    List<Step> kept() {
        cluster.role(role).ifPresent(this::keep);
        cluster.database(database).ifPresent(this::keep);
        return List.copyOf(steps);
    }

    private void keep(Cluster.Role present) {
        if (!present.canLogIn() && !present.isShutOut()) {
            add("ALTER ROLE " + quoted(role) + " LOGIN", "role " + role + " may not log in");
        }
        if (present.superuser() || present.replication() || present.otherPowers()) {
            add(
                    "ALTER ROLE " + quoted(role) + " NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS",
                    "role " + role + " has powers beyond its database");
        }
        if (present.connectionLimit() < 0) {
            add(
                    "ALTER ROLE " + quoted(role) + " CONNECTION LIMIT " + PostgresServer.ROLE_CONNECTIONS,
                    "role " + role + " may take all connections of the server");
        }
        for (Cluster.Membership membership : present.memberOf()) {
            add(
                    "REVOKE " + quoted(membership.role()) + " FROM " + quoted(role)
                            + (cluster.major() < GRANTORS_COUNT ? "" : " GRANTED BY " + quoted(membership.grantor())),
                    "role " + role + " has the rights of role " + membership.role());
        }
        keepManagement();
        elsewhere()
                .forEach(other -> add(
                        "REVOKE ALL ON DATABASE " + quoted(other) + " FROM " + quoted(role),
                        "role " + role + " has rights on database " + other));
    }

    private void keepManagement() {
        Set<String> missing = managementGrants().stream()
                .filter(grant -> !isGranted(grant))
                .collect(Collectors.toCollection(LinkedHashSet::new));
        if (!missing.isEmpty()) {
            add(String.join("; ", missing), "role " + role + " may log its users' activity and see its own status");
        }
        List<String> beyond = cluster.managementGrants(role)
                .filter(grant -> !grant.isOnSchema()
                        && !grant.object().equals(LOG_ACTIVITY)
                        && !(grant.object().equals(STATUS) && grant.privilege().equals("SELECT")))
                .map(Cluster.ObjectGrant::revoked)
                .distinct()
                .sorted()
                .toList();
        if (!beyond.isEmpty()) {
            add(String.join("; ", beyond), "role " + role + " has rights on tables of database " + management);
        }
        // With what it let others make there.
        cluster.managementGrants(role)
                .filter(Cluster.ObjectGrant::isOnSchema)
                .sorted(Comparator.comparing(Cluster.ObjectGrant::object))
                .forEach(grant -> add(grant.revoked() + " CASCADE", mayMake("role " + role, grant, management)));
        if (cluster.database(management)
                .filter(home -> home.owner().equals(role))
                .isPresent()) {
            add(
                    // What it was granted goes with its ownership.
                    "ALTER DATABASE " + quoted(management) + " OWNER TO CURRENT_USER; " + connectGrant(),
                    "database " + management + " belongs to role " + role);
        }
        List<String> database = Stream.of("CREATE", "TEMPORARY")
                .filter(privilege -> cluster.database(management)
                        .filter(home -> home.lets(role, privilege))
                        .isPresent())
                .toList();
        if (!database.isEmpty()) {
            add(
                    "REVOKE " + String.join(", ", database) + " ON DATABASE " + quoted(management) + " FROM "
                            + quoted(role),
                    "role " + role + " may make objects in database " + management);
        }
    }

    private boolean isGranted(String grant) {
        if (grant.equals(connectGrant())) {
            return cluster.database(management)
                    .filter(home -> home.lets(role, "CONNECT"))
                    .isPresent();
        }
        String object = grant.contains(LOG_ACTIVITY) ? LOG_ACTIVITY : STATUS;
        return cluster.managementGrants(role).anyMatch(found -> found.object().equals(object));
    }

    /** One that it owns, or has something in, was given to it on purpose before we came. */
    private Stream<String> elsewhere() {
        return cluster.index()
                .databasesNaming(role)
                .filter(other -> !other.name().equals(database)
                        && !other.name().equals(management)
                        && !other.owner().equals(role)
                        && !other.business().contains(role))
                .map(Cluster.Database::name)
                .sorted();
    }

    private void keep(Cluster.Database present) {
        if (!present.owner().equals(role)) {
            add(
                    "ALTER DATABASE " + quoted(database) + " OWNER TO " + quoted(role),
                    "database " + database + " belongs to "
                            + (present.ofAdministrator() ? "the administrator" : "role " + present.owner()));
        }
        if (present.isOpenToPublic()) {
            add(closedToPublic(), "every role may connect to database " + database);
        }
        strangers(present)
                .forEach(stranger -> add(
                        "REVOKE ALL ON DATABASE " + quoted(database) + " FROM " + quoted(stranger),
                        "role " + stranger + " of another service has rights on database " + database));
        if (present.owner().equals(role)
                && !Stream.of("CONNECT", "CREATE", "TEMPORARY").allMatch(right -> present.lets(role, right))) {
            add(
                    "GRANT ALL PRIVILEGES ON DATABASE " + quoted(database) + " TO " + quoted(role),
                    "role " + role + " lacks rights on its own database");
        }
        if (!present.allowsConnections()) {
            add(opened(), "database " + database + " lets nobody in");
        }
    }

    /** Roles of other services; what an operator gave to a role of his own is his affair. */
    private Stream<String> strangers(Cluster.Database present) {
        return present.grants().stream()
                .map(Cluster.Grant::grantee)
                .filter(grantee -> !grantee.equals(Cluster.PUBLIC) && !grantee.equals(role))
                .filter(grantee -> cluster.index().serviceOfRole(grantee).isPresent())
                .distinct()
                .sorted();
    }

    private List<String> managementGrants() {
        return List.of(
                connectGrant(),
                "GRANT EXECUTE ON " + LOG_ACTIVITY + " TO " + quoted(role),
                "GRANT SELECT ON " + STATUS + " TO " + quoted(role));
    }

    private String connectGrant() {
        return "GRANT CONNECT ON DATABASE " + quoted(management) + " TO " + quoted(role);
    }

    private String closedToPublic() {
        return "REVOKE ALL ON DATABASE " + quoted(database) + " FROM PUBLIC";
    }

    private String opened() {
        return "ALTER DATABASE " + quoted(database) + " ALLOW_CONNECTIONS true";
    }

    private void add(String sql, String reason) {
        steps.add(new Step(kind, management, sql, reason));
    }

    private static String quoted(String name) {
        return Quote.identifier(name);
    }

    /** A verifier takes some 15 ms to work out, which is as long as the server is at work on a new database. */
    private Supplier<String> withPassword(Secret password) {
        CompletableFuture<String> begun = CompletableFuture.supplyAsync(() -> "ALTER ROLE " + quoted(role)
                + " PASSWORD " + Quote.literal(ScramVerifier.of(password).stored()));
        return begun::join;
    }
}
