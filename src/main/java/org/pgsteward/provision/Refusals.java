package org.pgsteward.provision;

import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiPredicate;
import java.util.stream.Stream;
import org.pgsteward.model.CommandPrefix;
import org.pgsteward.model.Container;
import org.pgsteward.model.Secret;
import org.pgsteward.postgres.ServerAddress;

/** The reasons to refuse a claim, each in one line with the object, the conflict and the next step. Pure. */
final class Refusals {
    private final Claim claim;
    private final Cluster cluster;
    private final ServerAddress server;
    private final String subject;

    private Refusals(Claim claim, Cluster cluster, ServerAddress server) {
        this.claim = claim;
        this.cluster = cluster;
        this.server = server;
        this.subject = "cannot enrol service '" + claim.service() + "' of container '"
                + Names.printable(claim.container().name()) + "': ";
    }

    /** @throws RefusedClaim for the first reason that applies */
    static void check(
            Claim claim,
            Cluster cluster,
            ServerAddress server,
            BiPredicate<Cluster.Role, Secret> accepts,
            boolean trusted) {
        Refusals refusals = new Refusals(claim, cluster, server);
        refusals.checkOurOwn();
        refusals.checkIdentity(trusted);
        refusals.checkOtherServices(accepts);
        refusals.checkOtherCase();
        refusals.checkPowers();
        if (!trusted) {
            refusals.checkShutOut();
            refusals.checkUserOfBefore(accepts);
        }
    }

    private void checkOurOwn() {
        if (claim.user().equalsIgnoreCase(server.user())) {
            throw refused(
                    "it requests the administrator's role '" + claim.user()
                            + "'; set a role of its own in its variables, or with the label pgsteward.user",
                    label("user"));
        }
        if (claim.database().equalsIgnoreCase(server.database())) {
            throw refused(
                    "it requests the management database '" + claim.database()
                            + "'; set a database of its own in its variables, or with the label pgsteward.database",
                    label("database"));
        }
        if (claim.service().equalsIgnoreCase(server.database())) {
            throw refused(
                    "it has the name of the management database; choose another name with the label pgsteward.service",
                    label("service"));
        }
    }

    private void checkIdentity(boolean trusted) {
        Optional<Cluster.Service> enrolled = cluster.service(claim.service());
        if (enrolled.filter(Cluster.Service::isQuarantined).isPresent()) {
            throw refused(
                    "its database is in quarantine; take it out with 'pgsteward remove --undo " + claim.service() + "'",
                    "pgsteward remove --undo " + CommandPrefix.word(claim.service()));
        }
        String identity = claim.container().identity();
        enrolled.filter(service -> service.isBound() && !service.identity().equals(identity))
                .filter(service -> !trusted || (claim.companionOf().isPresent() && !claim.hasCompanion(service)))
                .ifPresent(service -> {
                    throw refused(
                            "the service belongs to '" + Names.printable(service.identity())
                                    + "', and the container is '" + Names.printable(identity)
                                    + "'; if you renamed the project or the container, run 'pgsteward provision --adopt "
                                    + claim.firstService()
                                    + "', otherwise choose another name with the label pgsteward.service",
                            adopt("if you renamed the project or the container") + "\n" + label("service"));
                });
    }

    private void checkOtherServices(BiPredicate<Cluster.Role, Secret> accepts) {
        others(cluster.index().servicesOfDatabase(claim.database())).ifPresent(other -> {
            throw refused(
                    "it requests database '" + claim.database() + "', which belongs to service '" + other.name()
                            + "'; choose another name with the label pgsteward.database",
                    label("database"));
        });
        others(cluster.index().servicesOfRole(claim.user()).filter(other -> !isTogether(other, accepts)))
                .ifPresent(other -> {
                    throw refused(
                            "it requests role '" + claim.user() + "', which belongs to service '" + other.name()
                                    + "'; choose another name with the label pgsteward.user",
                            label("user"));
                });
    }

    /** Any container may carry any label. So the role must be the service's own, or have the container's password. */
    private boolean isTogether(Cluster.Service other, BiPredicate<Cluster.Role, Secret> accepts) {
        boolean sameContainer = other.identity().equals(claim.container().identity())
                && (other.isCompanion() || claim.companionOf().isPresent())
                && other.role().equals(claim.user());
        boolean own = enrolled(claim, cluster)
                .filter(service -> service.role().equals(claim.user()))
                .isPresent();
        return (own && other.role().equals(claim.user()) && claim.hasCompanion(other))
                || (sameContainer
                        && (own
                                || cluster.role(claim.user())
                                        .filter(role -> accepts.test(role, claim.password()))
                                        .isPresent()));
    }

    private Optional<Cluster.Service> others(Stream<Cluster.Service> services) {
        return services.filter(other -> !other.name().equals(claim.service())).findFirst();
    }

    private void checkOtherCase() {
        ClusterIndex index = cluster.index();
        checkOtherCase("service", claim.service(), index.serviceInOtherCase(claim.service()));
        checkOtherCase("database", claim.database(), index.databaseInOtherCase(claim.database()));
        checkOtherCase("user", claim.user(), index.roleInOtherCase(claim.user()));
    }

    private void checkOtherCase(String what, String name, Optional<String> taken) {
        taken.ifPresent(other -> {
            throw refused(
                    what + " '" + name + "' differs from '" + other
                            + "' only by case; choose another name with the label pgsteward." + what,
                    label(what));
        });
    }

    /**
     * Refuses a role that is a superuser or may replicate, and that is not the service's own. Excess powers of a
     * service's own role are drift, and are repaired instead.
     */
    private void checkPowers() {
        boolean ours = cluster.service(claim.service())
                .filter(service -> service.isBound() && service.role().equals(claim.user()))
                .isPresent();
        if (!ours
                && cluster.role(claim.user())
                        .filter(role -> role.superuser() || role.replication())
                        .isPresent()) {
            throw refused(
                    "it requests role '" + claim.user() + "', which has SUPERUSER or REPLICATION; set a role of its"
                            + " own with the label pgsteward.user",
                    label("user"));
        }
    }

    /** Refuses another role while the service's role is shut out, since it would end the shut-out. */
    private void checkShutOut() {
        cluster.service(claim.service())
                .map(Cluster.Service::role)
                .filter(previous -> !previous.equals(claim.user()))
                .flatMap(cluster::role)
                .filter(Cluster.Role::isShutOut)
                .ifPresent(previous -> {
                    throw refused(
                            "it requests role '" + claim.user() + "' while its role '" + previous.name()
                                    + "' is shut out; correct the application and enable that role's login (the alert"
                                    + " role-shut-out has the line), or run 'pgsteward provision --adopt "
                                    + claim.firstService() + "'",
                            "pgsteward status   # the alert role-shut-out has the reason and the line\n"
                                    + adopt("if the service may have another role anyway"));
                });
    }

    private void checkUserOfBefore(BiPredicate<Cluster.Role, Secret> accepts) {
        boolean ownRole = enrolled(claim, cluster)
                .filter(service -> service.role().equals(claim.user()))
                .isPresent();
        if (!ownRole
                && cluster.role(claim.user())
                        .filter(present -> !accepts.test(present, claim.password()))
                        .isPresent()) {
            throw refused(
                    "it requests role '" + claim.user() + "', which exists with another password; give the container"
                            + " that password, or adopt it with 'pgsteward provision --adopt " + claim.firstService()
                            + "'",
                    adopt("to set the container's password for the role"));
        }
        foreignDatabase(claim, cluster).ifPresent(database -> {
            if (!database.ofAdministrator()) {
                throw refused(
                        "it requests database '" + claim.database() + "', which belongs to role '" + database.owner()
                                + "'; choose another name with the label pgsteward.database",
                        label("database"));
            }
            checkEvidence(database.evidence());
        });
    }

    /**
     * Returns the database that {@code claim} asks for, if another role owns it and it is not the service's already.
     */
    private static Optional<Cluster.Database> foreignDatabase(Claim claim, Cluster cluster) {
        boolean own = enrolled(claim, cluster)
                .filter(service -> service.database().equals(claim.database()))
                .isPresent();
        return cluster.database(claim.database())
                .filter(database -> !own && !database.owner().equals(claim.user()));
    }

    private static Optional<Cluster.Service> enrolled(Claim claim, Cluster cluster) {
        return cluster.service(claim.service()).filter(Cluster.Service::isBound);
    }

    /**
     * Returns whether {@code claim} can be judged only by {@link Evidence} from inside the database that it asks for.
     */
    static boolean needsEvidence(Claim claim, Cluster cluster) {
        return cluster.role(claim.user()).isPresent()
                && foreignDatabase(claim, cluster)
                        .filter(database -> database.ofAdministrator() && database.allowsConnections())
                        .isPresent();
    }

    /**
     * Throws unless the role is the only one that the database can be for, and has privileges on all objects of the
     * administrator in it. Where an init script gave the role and the database one name and made a grant, the
     * administrator may have more.
     */
    private void checkEvidence(Evidence evidence) {
        String role = claim.user();
        boolean entitled = evidence.entitled().contains(role);
        boolean named = isNamedForIt();
        if (cluster.role(role).isEmpty()
                || !(entitled || named || evidence.owners().contains(role))) {
            throw refused(
                    "it requests database '" + claim.database() + "', which exists without evidence that it is for"
                            + " role '" + role + "' (tables or schemas of the role, or the privilege to create objects,"
                            + " granted to the role by name); " + orAdopt(),
                    adopt("if the database belongs to the service") + "\n" + label("database"));
        }
        Set<String> others = new TreeSet<>(evidence.present());
        others.addAll(evidence.entitled());
        others.remove(role);
        if (!others.isEmpty()) {
            throw refused(
                    "it requests database '" + claim.database() + "', which may belong to role '"
                            + Names.printable(others.iterator().next())
                            + "': that role has tables or the privilege to create objects in it; "
                            + orAdopt(),
                    adopt("if the database belongs to the service") + "\n" + label("database"));
        }
        if (!evidence.closed().isEmpty() && !(entitled && named)) {
            throw refused(
                    "it requests database '" + claim.database() + "', in which role '" + role
                            + "' lacks privileges on objects of the administrator, such as "
                            + Names.printable(evidence.closed().replace('"', ' ')) + "; " + orAdopt(),
                    adopt("if the database belongs to the service") + "\n" + label("database"));
        }
    }

    /**
     * Returns whether the names show that the database is for the role. The name of a role that pgsteward made does not
     * count, since the container chose it. The role of a further database may have been made for the first one just now.
     */
    private boolean isNamedForIt() {
        if (enrolled(claim, cluster).isPresent() || claim.companionOf().isPresent()) {
            return false;
        }
        boolean inRow = cluster.service(claim.service())
                .filter(row ->
                        row.database().equals(claim.database()) && row.name().equals(claim.user()))
                .isPresent();
        return inRow || claim.database().equals(claim.user());
    }

    private String orAdopt() {
        return "choose another name with the label pgsteward.database, or adopt it with 'pgsteward provision --adopt "
                + claim.firstService() + "'";
    }

    /** Returns the line that adopts the service. */
    private String adopt(String when) {
        return "pgsteward provision --adopt " + CommandPrefix.word(claim.firstService()) + "   # " + when;
    }

    /** Returns the lines that give the container another name by a label. */
    private String label(String key) {
        Container container = claim.container();
        return "# in the compose file of " + container.commandName() + ":\nlabels:\n  pgsteward." + key
                + ": another_name\n# and in its folder:\ndocker compose up -d "
                + CommandPrefix.word(container.composeService().orElse(container.name()));
    }

    private RefusedClaim refused(String reason, String remedy) {
        return new RefusedClaim(subject + reason, remedy, false);
    }
}
