package org.pgsteward.provision;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.pgsteward.model.Count;
import org.pgsteward.model.PostgresServer;
import org.pgsteward.postgres.Quote;

/**
 * The desired role and database of a service, and the steps that lead there. Pure: the same desired and present states give
 * the same steps, but for the salt of a new verifier, and no step if there is no drift.
 *
 * <p>The role owns its database and nothing else, has no power over the cluster, is a member of no other role, has a limited
 * number of connections, and has {@link ManagementAccess}.
 */
final class DesiredService {
    private static final String NO_ROLE = " does not exist";

    private static final String OTHER_PASSWORD = " has another password than its container";
    private static final String NO_PASSWORD = " has no password";

    /** The first version of PostgreSQL in which a membership can have several grantors. */
    private static final int GRANTORS_COUNT = 16;

    private final Cluster cluster;
    private final String management;
    private final String database;
    private final String role;
    private final DatabaseOptions options;
    private final Set<String> together;
    private final boolean mayLogIn;
    private final Step.Kind kind;
    private final ManagementAccess access;
    private final List<Step> steps = new ArrayList<>();

    /**
     * Describes a service without a claim.
     *
     * @param management the name of the management database
     * @param kind of the steps
     */
    DesiredService(Cluster cluster, String management, Cluster.Service service, Step.Kind kind) {
        this(
                cluster,
                management,
                service.database(),
                service.role(),
                DatabaseOptions.NONE,
                Set.of(service.database()),
                mayLogIn(cluster, service),
                kind);
    }

    /** Describes a service as its container requests it. */
    DesiredService(Cluster cluster, String management, Claim claim, Step.Kind kind) {
        this(cluster, management, claim.database(), claim.user(), claim.options(), claim.together(), true, kind);
    }

    private DesiredService(
            Cluster cluster,
            String management,
            String database,
            String role,
            DatabaseOptions options,
            Set<String> together,
            boolean mayLogIn,
            Step.Kind kind) {
        this.cluster = cluster;
        this.management = management;
        this.database = database;
        this.role = role;
        this.options = options;
        this.together = together;
        this.mayLogIn = mayLogIn;
        this.kind = kind;
        this.access = new ManagementAccess(cluster, management, role, kind);
    }

    /**
     * Returns whether the role of a service without a claim has a login. A companion has none of its own: its role follows
     * the service that it belongs to, which may have got another role, or may be in quarantine.
     */
    private static boolean mayLogIn(Cluster cluster, Cluster.Service service) {
        return !service.isCompanion()
                || cluster.service(service.companionOf())
                        .filter(first -> !first.isQuarantined() && first.role().equals(service.role()))
                        .isPresent();
    }

    /** Returns the SQL for the previous role of a service. The role stays, since it may own objects in other databases. */
    static String retired(String role, String management) {
        return "ALTER ROLE " + quoted(role) + " NOLOGIN; " + ManagementAccess.revoked(role, management);
    }

    /** Returns the reason of the step that creates a database. */
    static String noDatabase(String database) {
        return "database " + database + " does not exist";
    }

    /** Returns whether a step gives the role its container's password. */
    static boolean setsPassword(Step step) {
        String reason = step.reason();
        return reason.startsWith("role ")
                && (reason.endsWith(OTHER_PASSWORD) || reason.endsWith(NO_PASSWORD) || reason.endsWith(NO_ROLE));
    }

    /**
     * Returns the steps for a service with a claim: missing objects are created.
     *
     * @param password begins the verifier of the container's password, if the role needs it
     * @param accepted whether the role has this password already
     */
    List<Step> made(Supplier<ComingVerifier> password, boolean accepted) {
        Optional<Cluster.Role> present = cluster.role(role);
        // In the first run of a service the row that binds it is written together with the role, which has no password
        // yet:
        // a killed run leaves a role without login, and the next run sets the password. In a later run, a new role gets
        // its
        // password at once.
        boolean locked = present.isEmpty() && kind == Step.Kind.ENROL;
        Supplier<String> unlocked = accepted ? () -> "" : withPassword(password.get());
        if (present.isEmpty()) {
            String create = "CREATE ROLE " + quoted(role)
                    + " LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS CONNECTION LIMIT "
                    + connections() + "; " + String.join("; ", access.grants());
            steps.add(new Step(
                    kind,
                    management,
                    locked ? () -> create : () -> create + "; " + unlocked.get(),
                    "role " + role + NO_ROLE));
        } else if (!accepted) {
            steps.add(new Step(Step.Kind.CHANGE, management, unlocked, "role " + role + OTHER_PASSWORD));
        }
        if (kind == Step.Kind.ENROL) {
            // The service may connect to the management database from now on. Each reconcile repeats this step.
            ManagementAccess.everybodysSchemas(kind, cluster, management).forEach(steps::add);
        }
        if (cluster.database(database).isEmpty()) {
            // Other roles must not connect before PUBLIC has lost its privileges; the next step allows connections.
            add(
                    "CREATE DATABASE " + quoted(database) + " OWNER " + quoted(role)
                            + " TEMPLATE template0 ENCODING 'UTF8'"
                            + options.locale()
                                    .map(name -> " LOCALE_PROVIDER libc LOCALE " + Quote.literal(name))
                                    .orElse("")
                            + " ALLOW_CONNECTIONS false",
                    noDatabase(database));
            Step open = new Step(
                    kind,
                    management,
                    closedToPublic() + "; " + opened(),
                    "no role may connect to database " + database + " yet");
            steps.add(locked ? open.after(unlocked) : open);
        } else if (locked) {
            steps.add(new Step(kind, management, unlocked, "role " + role + NO_PASSWORD));
        }
        return kept();
    }

    /** Returns the steps for an enrolled service without a claim: drift is repaired, and no object is created. */
    List<Step> kept() {
        cluster.role(role).ifPresent(this::keep);
        cluster.database(database).ifPresent(this::keep);
        return List.copyOf(steps);
    }

    private void keep(Cluster.Role present) {
        if (mayLogIn && !present.canLogIn() && !present.isShutOut()) {
            add("ALTER ROLE " + quoted(role) + " LOGIN", "role " + role + " may not log in");
        }
        if (present.superuser() || present.replication() || present.otherPowers()) {
            add(
                    "ALTER ROLE " + quoted(role) + " NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS",
                    "role " + role + " has attributes beyond its database");
        }
        if (present.connectionLimit() < 0) {
            add(
                    "ALTER ROLE " + quoted(role) + " CONNECTION LIMIT " + connections(),
                    "role " + role + " has no connection limit");
        } else if (options.connections().isPresent()
                && options.connections().getAsInt() != present.connectionLimit()
                && !present.isShutOut()) {
            steps.add(new Step(
                    kind == Step.Kind.ENROL ? kind : Step.Kind.CHANGE,
                    management,
                    "ALTER ROLE " + quoted(role) + " CONNECTION LIMIT " + connections(),
                    "role " + role + " may have " + Count.words(present.connectionLimit(), "connection")
                            + ", and its container's label has " + connections()));
        }
        for (Cluster.Membership membership : present.memberOf()) {
            add(
                    "REVOKE " + quoted(membership.role()) + " FROM " + quoted(role)
                            + (cluster.major() < GRANTORS_COUNT ? "" : " GRANTED BY " + quoted(membership.grantor())),
                    "role " + role + " is a member of role " + membership.role());
        }
        steps.addAll(access.steps());
        elsewhere()
                .forEach(other -> add(
                        "REVOKE ALL ON DATABASE " + quoted(other) + " FROM " + quoted(role),
                        "role " + role + " has privileges on database " + other));
    }

    private int connections() {
        return options.connections().orElse(PostgresServer.ROLE_CONNECTIONS);
    }

    /**
     * Returns the other databases on which the role has privileges. Databases that it owns or uses are left out: an operator
     * gave them to it before pgsteward was installed.
     */
    private Stream<String> elsewhere() {
        return cluster.index()
                .databasesNaming(role)
                .filter(other -> !together.contains(other.name())
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
                        "role " + stranger + " of another service has privileges on database " + database));
        if (present.owner().equals(role)
                && !Stream.of("CONNECT", "CREATE", "TEMPORARY").allMatch(right -> present.lets(role, right))) {
            add(
                    "GRANT ALL PRIVILEGES ON DATABASE " + quoted(database) + " TO " + quoted(role),
                    "role " + role + " lacks privileges on its own database");
        }
        if (!present.allowsConnections()) {
            add(opened(), "database " + database + " does not allow connections");
        }
    }

    /** Returns roles of other services with privileges. Roles that an operator created for another purpose keep theirs. */
    private Stream<String> strangers(Cluster.Database present) {
        return present.grants().stream()
                .map(Cluster.Grant::grantee)
                .filter(grantee -> !grantee.equals(Cluster.PUBLIC) && !grantee.equals(role))
                .filter(grantee -> cluster.index().serviceOfRole(grantee).isPresent())
                .distinct()
                .sorted();
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

    private Supplier<String> withPassword(ComingVerifier verifier) {
        return () -> "ALTER ROLE " + quoted(role) + " PASSWORD " + Quote.literal(verifier.get());
    }
}
