package org.pgsteward.routing;

import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.pgsteward.alert.Alert;
import org.pgsteward.journal.Tables;
import org.pgsteward.model.Activity;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Container;
import org.pgsteward.model.Enrolment;
import org.pgsteward.model.ImageChange;
import org.pgsteward.model.Outcome;
import org.pgsteward.model.Severity;
import org.pgsteward.model.Sighting;
import org.pgsteward.monitor.Console;
import org.pgsteward.postgres.ServerAddress;
import org.pgsteward.provision.Discovery;
import org.pgsteward.provision.Provisioner;
import org.pgsteward.provision.Unenrolled;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives containers their databases as soon as they are seen, looks at everything now and then since what was given can be
 * changed, remembers who waits for PostgreSQL, and says what came of it all.
 */
public final class ProvisionDesk {
    private static final Logger LOG = LoggerFactory.getLogger(ProvisionDesk.class);

    /** Two containers of one identity may exist for so long while one replaces the other. */
    private static final Duration UPDATE = Duration.ofMinutes(1);

    private final Provisioner provisioner;
    private final Discovery discovery;
    private final ContainerDesk containers;
    private final Housekeeping house;
    private final Tables tables;
    private final ServerAddress server;
    private final Asked asked;
    private final ConnectionAdvice advice;
    private final Supplier<List<Alert>> firing;
    private final Clock clock;
    private final Map<String, Sighting> waiting = new ConcurrentHashMap<>();
    /** By container id, since when another container of its identity asks for something else. */
    private final Map<String, Instant> contradicting = new ConcurrentHashMap<>();

    private final Set<String> satisfied = ConcurrentHashMap.newKeySet();
    /** What was logged last, by subject. The book is told each time: two looks that cross must not leave it wrong for good. */
    private final Map<String, String> said = new ConcurrentHashMap<>();

    private volatile boolean reconciled;

    /**
     * What the operator asked for.
     *
     * @param webNetwork the network that every service has to be on besides PostgreSQL's, if there is one
     * @param idleAfter how long a service may be without a container before it is told
     */
    public record Asked(Optional<String> webNetwork, Duration idleAfter) {}

    /** @param firing what is told as trouble now */
    public ProvisionDesk(
            Provisioner provisioner,
            Discovery discovery,
            ContainerDesk containers,
            Housekeeping house,
            Tables tables,
            ServerAddress server,
            Asked asked,
            Supplier<List<Alert>> firing,
            Clock clock) {
        this.provisioner = provisioner;
        this.discovery = discovery;
        this.containers = containers;
        this.house = house;
        this.tables = tables;
        this.server = server;
        this.asked = asked;
        this.advice = new ConnectionAdvice(discovery, containers, asked.webNetwork(), clock);
        this.firing = firing;
        this.clock = clock;
    }

    /** What is to be written down and what is to be told. */
    public record Report(List<Object> rows, List<Condition> conditions) {}

    /** Makes true what the container asks for; nothing when there is nothing to say of it. */
    public @Nullable Report provision(Sighting sighting) {
        Container container = sighting.container();
        waiting.remove(container.id());
        Gathering gathering = new Gathering();
        if (sighting.gone()) {
            forget(container, gathering);
            return gathering.report();
        }
        if (sighting.postgres()) {
            return null;
        }
        gathering.conditions.addAll(advice.judge(container));
        if (!satisfied.contains(container.id())) {
            // Its service is known before PostgreSQL answers: what happens to it meanwhile is recorded as that
            // service's. A container that contradicts another one of its identity is no service's.
            if (!contradicting.containsKey(container.id())) {
                provisioner
                        .service(container, containers.postgres(), containers.all())
                        .ifPresent(service -> containers.belongs(container, service));
            }
            provision(sighting, gathering);
        }
        return gathering.report();
    }

    private void forget(Container container, Gathering gathering) {
        satisfied.remove(container.id());
        contradicting.remove(container.id());
        said.remove(container.id());
        String name = container.name();
        boolean nameIsTaken =
                containers.all().stream().anyMatch(other -> other.name().equals(name));
        gathering.conditions.addAll(advice.gone(container, nameIsTaken));
        if (!nameIsTaken) {
            gathering.well("enrolment-refused", name, "the container is gone");
        }
        // Compose removes the old container before it starts the new one, which may have the service from now on.
        containers.all().stream()
                .filter(other -> other.identity().equals(container.identity()) && contradicting.containsKey(other.id()))
                .forEach(other -> provision(new Sighting(other, false, false), gathering));
    }

    private void provision(Sighting sighting, Gathering gathering) {
        Container container = sighting.container();
        if (!isHouseInOrder(container.name())) {
            waiting.put(container.id(), sighting);
            return;
        }
        Provisioner.Result result = provisioner.provision(container, containers.postgres(), containers.all());
        if (result.worthRetrying()) {
            waiting.put(container.id(), sighting);
        }
        take(container, result, gathering);
    }

    private boolean isHouseInOrder(String who) {
        try {
            house.order();
            return true;
        } catch (SQLException e) {
            say(who, "'" + who + "' waits for PostgreSQL: " + e.getMessage());
            return false;
        }
    }

    /**
     * The first {@link #reconcile} as soon as it can be, since until then every role may connect to every database; null
     * once it has been.
     */
    public @Nullable Report reconcileFirst() {
        return reconciled ? null : reconcile();
    }

    /** Checks all services and databases, and repairs drift. */
    public @Nullable Report reconcile() {
        if (!containers.isComplete() || !isHouseInOrder("the periodic look at everything")) {
            return null;
        }
        Gathering gathering = new Gathering();
        try {
            Provisioner.Reconciliation done = provisioner.reconcile(containers.others(), containers.postgres());
            for (Container container : containers.all()) {
                Optional.ofNullable(done.byContainer().get(container.id()))
                        .ifPresent(result -> take(container, result, gathering));
            }
            List<Enrolment> enrolments = tables.enrolments();
            Set<String> services = enrolments.stream().map(Enrolment::service).collect(Collectors.toSet());
            done.repaired().forEach((service, reasons) -> repaired(service, reasons, gathering));
            done.closed().forEach((database, reasons) -> closed(database, reasons, gathering));
            done.troubles().forEach(gathering::trouble);
            gathering.conditions.addAll(Limits.conditions(
                    done.excesses(), containers.oversized(), firing.get(), console(), clock.instant()));
            services.stream()
                    .filter(service -> !gathering.isBad("rights-changed", service))
                    .forEach(service -> gathering.well("rights-changed", service, "as it should be"));
            tellIdle(enrolments, gathering);
            Set<String> kept = new HashSet<>(services);
            kept.removeAll(tables.quarantined());
            gathering.conditions.addAll(containers.overAndGone(firing.get(), kept, clock.instant()));
            reconciled = true;
        } catch (SQLException e) {
            say("reconcile", "the periodic look at everything waits for PostgreSQL: " + e.getMessage());
            return null;
        }
        said.remove("reconcile");
        return gathering.report();
    }

    /** How an operator types SQL for the managed server. */
    private Console console() {
        return new Console(
                containers.postgres().map(Container::name).orElse(WatchDesk.POSTGRES),
                server.user(),
                server.database());
    }

    private void take(Container container, Provisioner.Result result, Gathering gathering) {
        String name = container.name();
        boolean contradicts =
                result.refusal().filter(Provisioner.Refusal::passing).isPresent();
        if (!contradicts) {
            contradicting.remove(container.id());
        } else {
            satisfied.remove(container.id());
            containers.belongsToNobody(container);
            Instant since = contradicting.computeIfAbsent(container.id(), first -> clock.instant());
            // One that never ran is what compose makes while the old one still stops, however long that takes.
            if (container.state() == Container.State.CREATED
                    || since.plus(UPDATE).isAfter(clock.instant())) {
                LOG.debug("{}", result.outcome().reason());
                return;
            }
        }
        if (result.outcome() instanceof Outcome.Failed failed) {
            boolean news = say(container.id(), failed.reason());
            if (result.refused()) {
                if (news) {
                    gathering.rows.add(Activity.ours(result.service(), "enrolment refused", clock.instant()));
                }
                gathering.bad(
                        Unenrolled.isTool(container) ? Severity.INFO : Severity.WARNING,
                        "enrolment-refused",
                        name,
                        failed.reason(),
                        result.refusal()
                                .map(Provisioner.Refusal::remedy)
                                .filter(remedy -> !remedy.isEmpty())
                                .orElse("pgsteward provision --plan   # what is asked for and refused, and why"
                                        + "\ndocker inspect " + container.commandName()));
            }
            return;
        }
        said.remove(container.id());
        gathering.well("enrolment-refused", name, result.outcome().reason());
        if (!result.claimed()) {
            return;
        }
        containers.belongs(container, result.service());
        boolean news = satisfied.add(container.id());
        if (result.outcome() instanceof Outcome.Done done) {
            LOG.info("{}: {}", result.service(), done.reason());
            gathering.rows.add(Activity.ours(result.service(), "provisioned", clock.instant()));
        }
        if (result.passwordSet()) {
            gathering.rows.add(Activity.ours(result.service(), Tables.PASSWORD_SET, clock.instant()));
        }
        if (news || result.outcome() instanceof Outcome.Done) {
            result.enrolment().ifPresent(gathering.rows::add);
        }
        if (!result.repaired().isEmpty()) {
            repaired(result.service(), result.repaired(), gathering);
        }
        result.imageChange().ifPresent(change -> changed(change, gathering));
        result.caution().ifPresent(caution -> gathering.tell("database-unused", result.service(), caution));
    }

    private void repaired(String subject, List<String> reasons, Gathering gathering) {
        String all = String.join("; ", reasons);
        LOG.warn("{}: put right: {}", subject, all);
        gathering.rows.add(Activity.ours(subject, "rights repaired: " + all, clock.instant()));
        gathering.bad(
                Severity.WARNING,
                "rights-changed",
                subject,
                "somebody changed rights or owners, and they are right again: " + all,
                "Nothing has to be done. Whoever does this by hand or by script should stop; to keep a service out of"
                        + " pgsteward's hands, label its container pgsteward.enable=false");
    }

    /** A database of no service, such as {@code postgres}, which PostgreSQL opens to everybody when it makes it. */
    private void closed(String database, List<String> reasons, Gathering gathering) {
        String all = String.join("; ", reasons);
        LOG.info("database {}: closed: {}", database, all);
        gathering.rows.add(Activity.ours("pgsteward", "rights repaired: " + all, clock.instant()));
        // The first reconcile finds the databases that the cluster had before: that is no news.
        if (reconciled) {
            gathering.tell("rights-changed", database, all + "; it is closed now, and nothing has to be done");
        }
    }

    private void changed(ImageChange change, Gathering gathering) {
        gathering.rows.add(change);
        gathering.rows.add(Activity.ours(change.service(), "image changed", change.at()));
        String proved;
        try {
            proved = tables.lastVerified(change.service(), change.at())
                    .map(backup -> "last proved backup before that: " + backup.path() + ", which is kept")
                    .orElse("there is no proved backup of before that");
        } catch (SQLException e) {
            proved = "the last proved backup before that is not known, since PostgreSQL does not answer";
        }
        gathering.tell(
                "image-changed",
                change.service(),
                change.service() + " went from " + change.fromImage() + " (" + digest(change.fromImageId()) + ") to "
                        + change.toImage() + " (" + digest(change.toImageId()) + "); " + proved);
    }

    private static String digest(String imageId) {
        String hex = imageId.replaceFirst("^sha256:", "");
        return hex.substring(0, Math.min(12, hex.length()));
    }

    private void tellIdle(List<Enrolment> enrolments, Gathering gathering) throws SQLException {
        Set<String> identities =
                containers.all().stream().map(Container::identity).collect(Collectors.toSet());
        // A container asks for its database whether its host name is right or not.
        Set<String> asking = containers.others().stream()
                .flatMap(container -> discovery.said(container, containers.postgres(), containers.all()).stream())
                .map(Discovery.Said::service)
                .collect(Collectors.toSet());
        // One whose container was renamed in compose, and shares its database with what it was, is at work.
        Set<String> present = enrolments.stream()
                .filter(enrolment -> identities.contains(enrolment.identity())
                        || containers.has(enrolment.service())
                        || asking.contains(enrolment.service()))
                .map(Enrolment::service)
                .collect(Collectors.toSet());
        Instant now = clock.instant();
        for (Tables.Idle idle : tables.markIdle(present, now)) {
            if (!idle.since().plus(asked.idleAfter()).isAfter(now)) {
                gathering.bad(
                        Severity.INFO,
                        "service-idle",
                        idle.service(),
                        "there has been no container of it for "
                                + asked.idleAfter().toDays() + " days; its database is kept and backed up",
                        "pgsteward remove " + idle.service() + "   # into quarantine, if it is not wanted any more");
            }
        }
        present.forEach(service -> gathering.well("service-idle", service, "it has a container"));
    }

    /** Once; it is looked at again every few seconds, and the same answer is no news. */
    private boolean say(String subject, String reason) {
        boolean news = !reason.equals(said.put(subject, reason));
        if (news) {
            LOG.warn("{}", reason);
        }
        return news;
    }

    /** Those that could not be given their database for want of the server. */
    public List<Sighting> waiting() {
        return List.copyOf(waiting.values());
    }

    public List<Object> rows(Report report) {
        return report.rows();
    }

    public List<Condition> conditions(Report report) {
        return report.conditions();
    }

    private final class Gathering {
        private final List<Object> rows = new ArrayList<>();
        private final List<Condition> conditions = new ArrayList<>();

        @Nullable
        Report report() {
            return rows.isEmpty() && conditions.isEmpty()
                    ? null
                    : new Report(List.copyOf(rows), List.copyOf(conditions));
        }

        void bad(Severity severity, String kind, String service, String reason, String remedy) {
            conditions.add(Condition.bad(severity, kind, service, reason, remedy, clock.instant()));
        }

        void well(String kind, String service, String reason) {
            conditions.add(Condition.well(kind, service, reason, clock.instant()));
        }

        /** What is told and then over: nobody has to do anything. */
        void tell(String kind, String service, String text) {
            bad(Severity.INFO, kind, service, text, "");
            well(kind, service, text);
        }

        void trouble(String subject, String reason) {
            LOG.warn("{}: not put right: {}", subject, reason);
            bad(
                    Severity.WARNING,
                    "rights-changed",
                    subject,
                    "rights or owners are not as they should be, and could not be put right: " + reason
                            + "; tried again within minutes",
                    "pgsteward provision --plan");
        }

        boolean isBad(String kind, String service) {
            return conditions.stream()
                    .anyMatch(condition -> condition.kind().equals(kind)
                            && condition.service().equals(service)
                            && condition.severity().isPresent());
        }
    }
}
