package org.pgsteward.provision;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.pgsteward.postgres.ServerAddress;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Checks all services once. Grants the claims of containers, and repairs enrolled services without a container. Closes
 * databases to other roles, and repairs the contents of each database that was written to. The number of statements depends only on
 * the number of changes, not on the number of services.
 */
final class Reconcile {
    private static final Logger LOG = LoggerFactory.getLogger(Reconcile.class);

    /** A daemon that is killed during its first reconcile need not check all databases again. */
    private static final int RECORDED_TOGETHER = 100;

    private final StepRunner carrier;
    private final ServerAddress server;
    private final ClaimReader.All all;
    private final ReconcileReport report;

    /** Of each identity the claims that may speak for it. */
    private final List<Claim> claims = new ArrayList<>();

    /** The claims for further databases, until they are granted. */
    private final List<Claim> companions = new ArrayList<>();

    private final List<CheckedDatabases.Contents> contents = new ArrayList<>();

    /** @param dry whether to change nothing and only plan the steps */
    Reconcile(StepRunner carrier, ServerAddress server, ClaimReader.All all, boolean dry) {
        this.carrier = carrier;
        this.server = server;
        this.all = all;
        this.report = new ReconcileReport(dry);
    }

    /** Lets other work go first. */
    interface Pause {
        void passOn() throws SQLException;
    }

    /** @param pause before the contents of each database, which take longer than all the rest */
    ReconcileReport run(ManagementConnection.Turn turn, Pause pause) throws SQLException {
        all.refused()
                .forEach((container, refused) ->
                        report.result(container, ClaimResult.refused(container.name(), refused)));
        Cluster cluster = turn.reading().whole();
        all.claims().forEach(claim -> choose(claim.owned(cluster, false, Set.of()), cluster));
        recallExtensions(turn);
        for (Claim claim : claims) {
            grant(claim, cluster, turn);
        }
        // The role of a further database may be made or changed just now.
        grantCompanions(report.isChanged() ? turn.reading().whole() : cluster, turn);
        repairOthers(cluster, turn);
        Cluster now = report.isChanged() ? turn.reading().whole() : cluster;
        for (IsolationPlan.Closing closing : IsolationPlan.of(now, server)) {
            carryOut(closing.subject(), List.of(closing.step()), report::closed, turn);
            report.closing(closing);
        }
        new ExcessCheck(server.database(), report).run(now, turn.managementReading());
        claims.stream().filter(claim -> !report.isRefused(claim)).forEach(claim -> contents.add(contents(claim)));
        repairContents(turn, pause);
        return report;
    }

    private static CheckedDatabases.Contents contents(Claim claim) {
        return new CheckedDatabases.Contents(claim.service(), claim.database(), claim.user());
    }

    /** Without it, each claim for an extension would need a connection to its database after a start. */
    private void recallExtensions(ManagementConnection.Turn turn) throws SQLException {
        carrier.insides()
                .recall(
                        turn.connection(),
                        Stream.concat(claims.stream(), companions.stream())
                                .filter(claim -> carrier.insides()
                                        .lacks(claim.database(), claim.options().extensions()))
                                .map(Reconcile::contents)
                                .toList());
    }

    /** Keeps the claim if its container may speak for its identity. Of several equal claims one is kept. */
    private void choose(ContainerClaim owned, Cluster cluster) {
        Claim claim = owned.claim();
        try {
            carrier.checkIdentity(owned, cluster);
        } catch (RefusedClaim refused) {
            report.result(claim, ClaimResult.refused(claim.service(), refused));
            return;
        }
        IdentityRule.speaker(claim, owned.siblings())
                .ifPresentOrElse(
                        speaker -> report.result(claim, StepRunner.spokenFor(claim, speaker)),
                        () -> (claim.companionOf().isEmpty() ? claims : companions).add(claim));
    }

    private void grantCompanions(Cluster cluster, ManagementConnection.Turn turn) throws SQLException {
        Map<String, String> firsts = claims.stream()
                .collect(Collectors.toMap(claim -> claim.container().id(), Claim::service));
        for (Claim claim : companions) {
            if (!report.isFirstRefused(claim)) {
                Optional<String> first =
                        Optional.ofNullable(firsts.get(claim.container().id())).or(claim::companionOf);
                grant(claim.of(claim.service(), first), cluster, turn);
            }
        }
        claims.addAll(companions);
    }

    private void grant(Claim claim, Cluster cluster, ManagementConnection.Turn turn) throws SQLException {
        try {
            ServicePlan plan = carrier.plan(claim, present(claim, cluster, turn), false);
            if (report.isDry()) {
                report.wish(claim.service(), wish(claim, cluster));
                report.planned(claim.service(), plan.steps());
            } else {
                report.result(claim, carrier.carryOut(plan, cluster, turn.connection()));
            }
        } catch (RefusedClaim refused) {
            report.result(claim, ClaimResult.refused(claim.service(), refused));
        } catch (SQLException e) {
            turn.stillThere(e);
            report.result(claim, StepRunner.failed(claim, e));
        }
    }

    /**
     * Returns the cluster for the plan of a claim. For a new service the names are read again: another new service of this
     * run may have got them just now.
     */
    private Cluster present(Claim claim, Cluster cluster, ManagementConnection.Turn turn) throws SQLException {
        boolean isNew = cluster.service(claim.service())
                .filter(Cluster.Service::isBound)
                .isEmpty();
        return isNew && report.isChanged() ? turn.reading().around(List.of(claim), server.database()) : cluster;
    }

    private static String wish(Claim claim, Cluster cluster) {
        String bound = cluster.service(claim.service())
                .filter(Cluster.Service::isBound)
                .map(service -> "service bound to " + Names.printable(service.identity()))
                .orElse("service not enrolled");
        String role = cluster.role(claim.user()).isPresent() ? "role exists" : "no role";
        String database = cluster.database(claim.database())
                .map(present -> "database exists, with owner " + present.owner())
                .orElse("no database");
        return "database " + claim.database() + " of role " + claim.user() + " (" + claim.because() + "); now: " + role
                + ", " + database + ", " + bound
                + claim.pool().map(pool -> "; " + pool.text()).orElse("");
    }

    /** Repairs enrolled services without a claim now: the container was removed, or the engine is unavailable. */
    private void repairOthers(Cluster cluster, ManagementConnection.Turn turn) throws SQLException {
        Set<String> covered = claims.stream()
                .filter(claim -> !report.isRefused(claim))
                .map(Claim::service)
                .collect(Collectors.toSet());
        Set<String> switchedOff = new HashSet<>(all.switchedOff());
        // A label on one container does not release the service while another of its containers has a claim.
        all.claims()
                .forEach(claim -> switchedOff.remove(claim.claim().container().identity()));
        for (Cluster.Service service : cluster.services().values()) {
            if (switchedOff.contains(service.identity())) {
                letGo(service, turn);
            } else if (service.isKept() && !covered.contains(service.name())) {
                carryOut(service.name(), shape(service, cluster).kept(), report::repaired, turn);
                contents.add(new CheckedDatabases.Contents(service.name(), service.database(), service.role()));
            }
        }
    }

    /** Records that the service is switched off, for commands that run while the engine is unavailable. */
    private void letGo(Cluster.Service service, ManagementConnection.Turn turn) throws SQLException {
        if (service.enabled() && !report.isDry()) {
            carrier.run(ServicePlan.letGo(service, server.database()), turn.connection());
        }
    }

    private DesiredService shape(Cluster.Service service, Cluster cluster) {
        return new DesiredService(cluster, server.database(), service, Step.Kind.REPAIR);
    }

    /** @param done gets the subject and the reason of each step */
    private void carryOut(
            String subject, List<Step> steps, BiConsumer<String, String> done, ManagementConnection.Turn turn)
            throws SQLException {
        if (report.isDry()) {
            report.planned(subject, steps);
            return;
        }
        for (Step step : steps) {
            try {
                carrier.run(step, turn.connection());
                done.accept(subject, step.reason());
            } catch (SQLException e) {
                turn.stillThere(e);
                report.failed(subject, step.reason() + ": " + e.getMessage());
            }
        }
    }

    private void repairContents(ManagementConnection.Turn turn, Pause pause) throws SQLException {
        Map<String, CheckedDatabases.State> changed = carrier.insides().changed(turn.connection(), contents);
        List<CheckedDatabases.State> checked = new ArrayList<>();
        for (CheckedDatabases.Contents one : contents) {
            CheckedDatabases.State before = changed.remove(one.database());
            if (before != null) {
                pause.passOn();
                repairContents(one, before, turn).ifPresent(checked::add);
                if (checked.size() >= RECORDED_TOGETHER) {
                    record(checked, turn);
                    checked.clear();
                }
            }
        }
        record(checked, turn);
    }

    /** A failure costs only the time of the same checks after the next start. */
    private static void record(List<CheckedDatabases.State> checked, ManagementConnection.Turn turn)
            throws SQLException {
        try {
            CheckedDatabases.record(turn.connection(), checked);
        } catch (SQLException e) {
            turn.stillThere(e);
            LOG.warn("cannot record the checked databases: {}; the next start checks them again", e.getMessage());
        }
    }

    /** @return the state of the database if its contents are as desired now */
    private Optional<CheckedDatabases.State> repairContents(
            CheckedDatabases.Contents one, CheckedDatabases.State before, ManagementConnection.Turn turn)
            throws SQLException {
        String database = one.database();
        String role = one.role();
        try {
            if (!turn.reading().isThere(database, role)) {
                return Optional.empty();
            }
            if (report.isDry()) {
                report.planned(one.service(), carrier.insides().plan(Step.Kind.REPAIR, database, role));
                return Optional.empty();
            }
            carrier.insides()
                    .putRight(Step.Kind.REPAIR, database, role, Set.of(), Set.of(), carrier::run)
                    .forEach(step -> report.repaired(one.service(), step.reason()));
            return Optional.of(carrier.insides().checked(before));
        } catch (SQLException e) {
            turn.stillThere(e);
            report.failed(one.service(), "inside database " + database + ": " + e.getMessage());
            return Optional.empty();
        }
    }
}
