package org.pgsteward.provision;

import java.sql.SQLException;
import java.time.Clock;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.pgsteward.alert.Alert;
import org.pgsteward.containers.ContainerAlertKinds;
import org.pgsteward.containers.Containers;
import org.pgsteward.journal.Tables;
import org.pgsteward.model.Activity;
import org.pgsteward.model.Console;
import org.pgsteward.model.Container;
import org.pgsteward.model.Enrolment;
import org.pgsteward.model.Outcome;
import org.pgsteward.model.PostgresServer;
import org.pgsteward.model.Severity;
import org.pgsteward.postgres.ServerAddress;
import org.slf4j.Logger;

/**
 * Gives containers their databases, checks all services, and reports the results. The daemon and the command both use
 * it, so that they write the same rows and raise the same alerts.
 */
public final class ServiceProvisioning {
    private final Provisioner provisioner;
    private final Containers containers;
    private final Tables tables;
    private final ServerAddress server;
    private final IdleServices idle;
    private final ProvisionReporting reporting;
    private final Logger log;
    private final Supplier<List<Alert>> firing;
    private final Clock clock;
    private final Contradictions contradictions;
    private final Set<String> satisfied = ConcurrentHashMap.newKeySet();
    /**
     * The last logged text, by subject. Alerts are raised each time even so: two concurrent checks must not leave the
     * alert registry wrong for good.
     */
    private final Map<String, String> said = new ConcurrentHashMap<>();

    private volatile boolean reconciled;

    /**
     * @param firing the alerts that fire now
     * @param log the log for messages that a command prints instead
     */
    public ServiceProvisioning(
            Provisioner provisioner,
            Containers containers,
            Tables tables,
            ServerAddress server,
            IdleServices idle,
            Supplier<List<Alert>> firing,
            Logger log,
            Clock clock) {
        this.provisioner = provisioner;
        this.containers = containers;
        this.tables = tables;
        this.server = server;
        this.idle = idle;
        this.reporting = new ProvisionReporting(containers, new ImageChanges(tables), log, clock);
        this.log = log;
        this.firing = firing;
        this.clock = clock;
        this.contradictions = new Contradictions(clock);
    }

    /**
     * Gives one container the role and the database that it asks for.
     *
     * @param adopt whether an operator vouches for it
     */
    public ProvisionReport provision(Container container, boolean adopt) {
        ProvisionFindings findings = new ProvisionFindings(clock);
        provision(container, adopt, findings);
        return findings.report();
    }

    /**
     * Provisions one container.
     *
     * @return whether the same request may succeed later without a change by an operator
     */
    boolean provision(Container container, boolean adopt, ProvisionFindings findings) {
        ClaimResult result = provisioner.provision(container, containers.postgres(), containers.all(), adopt);
        take(container, result, findings);
        return result.worthRetrying();
    }

    /**
     * Checks all services and databases, and repairs drift. If no engine has listed its containers, their absence is no
     * evidence.
     *
     * @throws SQLException if PostgreSQL cannot be queried
     */
    public ProvisionReport reconcile() throws SQLException {
        ProvisionFindings findings = new ProvisionFindings(clock);
        Provisioner.Reconciliation done = provisioner.reconcile(containers.others(), containers.postgres());
        for (Container container : containers.all()) {
            Optional.ofNullable(done.byContainer().get(container.id()))
                    .ifPresent(result -> take(container, result, findings));
        }
        List<Enrolment> enrolments = tables.services().enrolments();
        Set<String> services = enrolments.stream().map(Enrolment::service).collect(Collectors.toSet());
        done.repaired().forEach((service, reasons) -> {
            findings.line(service, "repaired", String.join("; ", reasons));
            reporting.repaired(service, reasons, findings);
        });
        done.closed().forEach((database, reasons) -> reporting.closed(database, reasons, reconciled, findings));
        done.troubles().forEach((subject, reason) -> {
            log.warn("{}: cannot restore privileges or ownership: {}", subject, reason);
            findings.trouble(subject, reason);
        });
        done.excesses()
                .forEach(excess ->
                        findings.line(excess.subject(), "caution", excess.reason() + ". As SQL: " + excess.sql()));
        findings.add(
                Limits.conditions(done.excesses(), containers.oversized(), firing.get(), console(), clock.instant()));
        services.stream()
                .filter(service -> !findings.isBad("rights-changed", service))
                .forEach(
                        service -> findings.well("rights-changed", service, "privileges and ownership are as desired"));
        if (containers.isComplete()) {
            idle.check(enrolments, findings);
            Set<String> kept = new HashSet<>(services);
            kept.removeAll(tables.services().quarantined());
            findings.add(containers.overAndGone(firing.get(), kept, clock.instant()));
        }
        reconciled = true;
        said.remove("reconcile");
        return findings.report();
    }

    boolean hasReconciled() {
        return reconciled;
    }

    /** Returns whether the container has everything that it asks for, so that it need not be read again. */
    boolean isSatisfied(Container container) {
        return satisfied.contains(container.id());
    }

    /** Returns whether another container of its identity asks for something else. */
    boolean isContradicting(Container container) {
        return contradictions.includes(container);
    }

    /** Returns the service that {@code container} asks for, by its own settings alone. */
    Optional<String> service(Container container) {
        return provisioner.service(container, containers.postgres(), containers.all());
    }

    /** Forgets a removed container. */
    void forget(Container container) {
        satisfied.remove(container.id());
        contradictions.end(container);
        said.remove(container.id());
        provisioner.forget(container);
    }

    /** Returns the console in which an operator runs SQL on the managed server. */
    private Console console() {
        return new Console(
                containers.postgres().map(Container::name).orElse(PostgresServer.SERVICE),
                server.user(),
                server.database());
    }

    private void take(Container container, ClaimResult result, ProvisionFindings findings) {
        result.all().map(ProvisionReport.Line::of).forEach(findings::line);
        boolean contradicts =
                result.refusal().filter(Provisioner.Refusal::passing).isPresent();
        if (!contradicts) {
            contradictions.end(container);
        } else {
            satisfied.remove(container.id());
            containers.belongsToNobody(container);
            if (contradictions.mayPass(container)) {
                log.debug("{}", result.outcome().reason());
                return;
            }
        }
        if (result.refused() && isBeingReplaced(container)) {
            return;
        }
        Optional<ClaimResult> failed = result.all()
                .filter(one -> one.outcome() instanceof Outcome.Failed)
                .findFirst();
        failed.ifPresentOrElse(one -> failed(container, one, findings), () -> {
            said.remove(container.id());
            findings.well(
                    ContainerAlertKinds.REFUSED,
                    container.name(),
                    result.outcome().reason());
        });
        if (!result.claimed() || result.outcome() instanceof Outcome.Failed) {
            return;
        }
        containers.belongs(container, result.service());
        containers.belongsAlso(
                container,
                result.companions().stream()
                        .filter(ClaimResult::claimed)
                        .map(ClaimResult::service)
                        .collect(Collectors.toSet()));
        if (failed.isEmpty()) {
            satisfied.add(container.id());
        } else {
            satisfied.remove(container.id());
        }
        result.all().forEach(one -> reporting.granted(one, findings));
        result.pool()
                .ifPresentOrElse(
                        pool -> findings.bad(
                                Severity.INFO, PoolAdvice.KIND, result.service(), pool.text(), pool.remedy()),
                        () -> findings.well(
                                PoolAdvice.KIND, result.service(), "its connection pool fits the limit of its role"));
    }

    private void failed(Container container, ClaimResult result, ProvisionFindings findings) {
        boolean news = say(container.id(), result.outcome().reason());
        if (!result.refused()) {
            return;
        }
        if (news) {
            findings.row(Activity.ours(result.service(), "enrolment refused", clock.instant()));
        }
        findings.bad(
                Unenrolled.isTool(container) ? Severity.INFO : Severity.WARNING,
                ContainerAlertKinds.REFUSED,
                container.name(),
                result.outcome().reason(),
                result.refusal()
                        .map(Provisioner.Refusal::remedy)
                        .filter(remedy -> !remedy.isEmpty())
                        .orElse("pgsteward provision --plan   # requests and refusals, with reasons"
                                + "\ndocker inspect " + container.commandName()));
    }

    /**
     * Returns whether compose is about to rename the container: an alert would name a container that will not exist.
     */
    private static boolean isBeingReplaced(Container container) {
        return container.state() == Container.State.CREATED && !container.name().equals(container.lastingName());
    }

    /**
     * Logs a reason once, since the same check runs every few seconds with the same result.
     *
     * @return whether the reason is new
     */
    boolean say(String subject, String reason) {
        boolean news = !reason.equals(said.put(subject, reason));
        if (news) {
            log.warn("{}", reason);
        }
        return news;
    }
}
