package org.pgsteward.overview;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.pgsteward.alert.Alert;
import org.pgsteward.alert.FailingReceiver;
import org.pgsteward.containers.ServiceState;
import org.pgsteward.journal.BackupHistory;
import org.pgsteward.model.CommandPrefix;
import org.pgsteward.model.Severity;
import org.pgsteward.monitor.DatabaseMetrics;

/** The headline of the overall health, compared with the judgement of a careful operator. */
@Tag("fast")
class OverallHealthRuleTest {
    private static final Instant NOW = Instant.parse("2026-02-03T04:05:06Z");
    private static final ServiceState KILLED = new ServiceState(
            "killed", false, Optional.of(Severity.WARNING), "container app-vikunja-1 was killed and does not run");
    private static final ServiceState STOPPED = new ServiceState(
            "stopped", false, Optional.of(Severity.INFO), "container app-vikunja-1 was stopped on purpose");
    private static final ServiceState CRASHED = new ServiceState(
            "does not run", false, Optional.of(Severity.CRITICAL), "container app-vikunja-1 ended with exit code 1");

    static Stream<Arguments> cases() {
        Case well = new Case().backedUp("vikunja").backedUp("wiki");
        return Stream.of(
                row("all services run and have backups", well, "All is well."),
                row("a service was stopped on purpose", well.state("vikunja", STOPPED), "All is well."),
                row("information fires", well.fires(Severity.INFO, "image-newer", "postgresql"), "All is well."),
                row(
                        "a fresh install",
                        new Case().empty("homelab").empty("postgres").empty("vikunja"),
                        "Nothing is backed up yet. The first backup starts by itself within a minute."),
                row(
                        "a fresh install while its first backup runs",
                        new Case().empty("homelab").run("vikunja", "running"),
                        "Nothing is backed up yet. The first backup is running."),
                row(
                        "no backup although the daemon has run for an hour",
                        new Case().empty("vikunja").daemonSince(Duration.ofHours(1)),
                        "Nothing is backed up yet. Make one now: pgsteward backup --all"),
                row(
                        "no backup and no daemon",
                        new Case().empty("vikunja").noDaemon(),
                        "Nothing is backed up yet. To make the first backup: pgsteward backup --all"),
                row("a new service", well.empty("blog"), "All is well, except: blog has no backup yet."),
                row(
                        "two new services",
                        well.empty("blog").empty("shop"),
                        "All is well, except: blog and shop have no backup yet."),
                row(
                        "five new services",
                        well.empty("a").empty("b").empty("c").empty("d").empty("e"),
                        "All is well, except: a, b, c and 2 more have no backup yet."),
                row(
                        "a backup that could not be verified",
                        well.run("blog", "made"),
                        "All is well, except: blog has no verified backup."),
                row(
                        "a first backup runs",
                        well.run("blog", "running").empty("shop"),
                        "All is well, except: blog is being backed up for the first time; shop has no backup yet."),
                row(
                        "a rebuilt server whose backups are not verified",
                        new Case().run("vikunja", "made").run("wiki", "made"),
                        "All is well, except: vikunja and wiki have no verified backup."),
                row(
                        "quarantine, while the container runs",
                        well.quarantined("vikunja"),
                        "All is well, except: vikunja is in quarantine."),
                row(
                        "quarantine and a new service",
                        well.quarantined("vikunja").empty("blog"),
                        "All is well, except: blog has no backup yet; vikunja is in quarantine."),
                row("a container is killed, and no alert fires yet", well.state("vikunja", KILLED), "1 problem."),
                row("a container crashed, and no alert fires yet", well.state("vikunja", CRASHED), "1 problem."),
                row(
                        "a container crashed, and its alert fires",
                        well.state("vikunja", CRASHED).fires(Severity.CRITICAL, "service-down", "vikunja"),
                        "1 problem."),
                row("two services are down", well.state("vikunja", CRASHED).state("wiki", KILLED), "2 problems."),
                row(
                        "a receiver has failed for four minutes",
                        well.failing("webhook", Duration.ofMinutes(4)),
                        "All is well, except: webhook accepts no notifications."),
                row(
                        "a receiver fails, and its alert fires",
                        well.failing("webhook", Duration.ofHours(1))
                                .fires(Severity.WARNING, "receiver-failing", "webhook"),
                        "1 problem."),
                row(
                        "no events from Docker for a minute",
                        well.stale(Duration.ofMinutes(1)),
                        "All is well, except: pgsteward receives no events from Docker."),
                row("the feed reconnects", well.stale(Duration.ofSeconds(2)), "All is well."),
                row(
                        "no events from Docker, and the alert fires",
                        well.stale(Duration.ofMinutes(6)).fires(Severity.WARNING, "feed-stale", "pgsteward"),
                        "1 problem."),
                row("the newest backup failed, without an alert", well.run("blog", "failed"), "1 problem."),
                row(
                        "the newest backup failed, with its alert",
                        well.run("blog", "failed").fires(Severity.WARNING, "backup-failed", "blog"),
                        "1 problem."),
                row("the newest base backup failed: its alert says so", well.base("failed"), "All is well."),
                row("a verified backup is too old", well.tooOld("vikunja"), "1 problem."),
                row("a verified backup is too old, with its alert", overdueAlert(well), "1 problem."),
                row("a dropped database that has backups", well.gone("old"), "All is well."),
                row("PostgreSQL does not answer", well.unreachable(), "1 problem."),
                row(
                        "PostgreSQL does not answer, and its alert fires",
                        well.unreachable().fires(Severity.CRITICAL, "postgres-down", "postgresql"),
                        "1 problem."),
                row("the daemon was stopped", well.daemonStopped(), "1 problem."),
                row("the daemon hangs", well.daemonSilent(), "1 problem."),
                row("backups by commands only, no daemon", well.noDaemon(), "All is well."),
                row(
                        "failed logins of a container without a service",
                        well.fires(Severity.WARNING, "logins-failed", "bad-thief-1"),
                        "1 problem."));
    }

    private static Case overdueAlert(Case well) {
        return well.fires(Severity.WARNING, "backup-overdue", "vikunja");
    }

    @ParameterizedTest(name = "{0}: {2}")
    @MethodSource("cases")
    void theHeadlineAgreesWithACarefulOperator(String what, Case given, String headline) {
        OverallHealth health = given.overview().health();

        assertThat(health.headline()).isEqualTo(headline);
        assertThat(health.isWell()).as("exit code").isEqualTo(headline.equals("All is well."));
        assertThat(health.problems())
                .isEqualTo(
                        headline.endsWith("problem.") || headline.endsWith("problems.")
                                ? Integer.parseInt(headline.substring(0, 1))
                                : 0);
        assertThat(health.reasons()).allSatisfy(reason -> {
            assertThat(reason.service()).isNotBlank();
            assertThat(reason.text()).isNotBlank();
        });
    }

    @Test
    void everyReasonNamesItsServiceAndTheNextStep() {
        OverallHealth health = new Case()
                .backedUp("vikunja")
                .quarantined("vikunja")
                .failing("webhook", Duration.ofMinutes(4))
                .overview(new CommandPrefix("docker exec pgsteward pgsteward"))
                .health();

        assertThat(health.reasons())
                .extracting(OverallHealth.Reason::service, OverallHealth.Reason::text, OverallHealth.Reason::remedy)
                .containsExactlyInAnyOrder(
                        org.assertj.core.groups.Tuple.tuple(
                                "webhook", "has accepted no notification for 4 min, 3 wait: 404 Not Found", ""),
                        org.assertj.core.groups.Tuple.tuple(
                                "vikunja",
                                "has been in quarantine for 5 min: its role cannot log in",
                                "docker exec pgsteward pgsteward remove --undo vikunja   # or, to delete it: docker exec"
                                        + " pgsteward pgsteward remove --drop vikunja"));
    }

    @Test
    void rowIsQuarantinedInAnyStateOfItsContainer() {
        Overview overview = new Case()
                .backedUp("vikunja")
                .backedUp("wiki")
                .quarantined("vikunja")
                .fires(Severity.WARNING, "memory-high", "wiki")
                .overview();

        assertThat(overview.services())
                .extracting(service -> RowTexts.state(service, overview).words())
                .containsExactly("quarantined", "runs, warning");
    }

    private static Arguments row(String what, Case given, String headline) {
        return Arguments.of(what, given, headline);
    }

    /** An immutable case. Each method returns a copy with one more fact. */
    private record Case(
            List<Overview.Service> services,
            List<Alert> firing,
            Optional<String> trouble,
            Optional<DaemonStatus> daemon) {
        Case() {
            this(
                    List.of(),
                    List.of(),
                    Optional.empty(),
                    Optional.of(daemon(NOW, NOW.minusSeconds(30), false, null, List.of())));
        }

        @Override
        public String toString() {
            return "case";
        }

        Case backedUp(String name) {
            return with(service(name, Optional.of(history(name, "verified", Optional.of(NOW.minusSeconds(3600))))));
        }

        Case empty(String name) {
            return with(service(name, Optional.empty()));
        }

        Case run(String name, String state) {
            return with(service(name, Optional.of(history(name, state, Optional.empty()))));
        }

        Case base(String state) {
            return with(change("_base", history("_base", state, Optional.empty())));
        }

        Case gone(String name) {
            return with(change(name, history(name, "failed", Optional.of(NOW.minusSeconds(9)))));
        }

        Case state(String name, ServiceState state) {
            return replace(name, old -> service(old, Optional.of(state), old.quarantinedAt(), old.overdue()));
        }

        Case quarantined(String name) {
            Optional<Instant> at = Optional.of(NOW.minusSeconds(300));
            return replace(name, old -> service(old, old.state(), at, old.overdue()));
        }

        Case tooOld(String name) {
            return replace(
                    name, old -> service(old, old.state(), old.quarantinedAt(), Optional.of("one was due at 03:00")));
        }

        Case fires(Severity severity, String kind, String service) {
            Alert.Cause cause = new Alert.Cause(severity, "a reason", "", Map.of(), NOW);
            List<Alert> more = new ArrayList<>(firing);
            more.add(new Alert(kind, service, NOW, severity, Map.of("look", cause), cause, null, null, List.of(NOW)));
            return new Case(services, more, trouble, daemon);
        }

        Case unreachable() {
            return new Case(services, firing, Optional.of("PostgreSQL does not answer: refused"), daemon);
        }

        Case failing(String receiver, Duration since) {
            return daemon(daemon(
                    NOW,
                    NOW.minusSeconds(3600),
                    false,
                    null,
                    List.of(new FailingReceiver(receiver, NOW.minus(since), 3, "404 Not Found"))));
        }

        Case stale(Duration since) {
            return daemon(daemon(NOW, NOW.minusSeconds(3600), false, NOW.minus(since), List.of()));
        }

        Case daemonSince(Duration since) {
            return daemon(daemon(NOW, NOW.minus(since), false, null, List.of()));
        }

        Case daemonStopped() {
            return daemon(daemon(NOW.minusSeconds(10), NOW.minusSeconds(3600), true, null, List.of()));
        }

        Case daemonSilent() {
            return daemon(daemon(NOW.minusSeconds(91), NOW.minusSeconds(3600), false, null, List.of()));
        }

        Case noDaemon() {
            return new Case(services, firing, trouble, Optional.empty());
        }

        Overview overview() {
            return overview(CommandPrefix.PLAIN);
        }

        Overview overview(CommandPrefix typing) {
            return new Overview(NOW, trouble, Optional.of(NOW), services, firing, List.of(), daemon, typing);
        }

        private Case daemon(DaemonStatus status) {
            return new Case(services, firing, trouble, Optional.of(status));
        }

        private Case with(Overview.Service service) {
            List<Overview.Service> more = new ArrayList<>(services);
            more.add(service);
            more.sort(java.util.Comparator.comparing(Overview.Service::name));
            return new Case(more, firing, trouble, daemon);
        }

        private Case replace(String name, java.util.function.UnaryOperator<Overview.Service> change) {
            return new Case(
                    services.stream()
                            .map(service -> service.name().equals(name) ? change.apply(service) : service)
                            .toList(),
                    firing,
                    trouble,
                    daemon);
        }

        private static DaemonStatus daemon(
                Instant at,
                Instant since,
                boolean stopped,
                @Nullable Instant staleSince,
                List<FailingReceiver> failing) {
            return new DaemonStatus(
                    at, since, stopped, staleSince, "connection refused", failing, Map.of(), Map.of(), false);
        }

        private static Overview.Service service(String name, Optional<BackupHistory> history) {
            return new Overview.Service(
                    name,
                    Optional.of(new DatabaseMetrics.Figure(name, 8_000_000, 2)),
                    history,
                    List.of(),
                    Optional.of(ServiceState.RUNS),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty());
        }

        private static Overview.Service change(String name, BackupHistory history) {
            return new Overview.Service(
                    name,
                    Optional.empty(),
                    Optional.of(history),
                    List.of(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty());
        }

        private static Overview.Service service(
                Overview.Service old,
                Optional<ServiceState> state,
                Optional<Instant> quarantinedAt,
                Optional<String> overdue) {
            return new Overview.Service(
                    old.name(), old.database(), old.backups(), old.days(), state, old.memory(), quarantinedAt, overdue);
        }

        private static BackupHistory history(String name, String state, Optional<Instant> verified) {
            Optional<Instant> success = state.equals("made") ? Optional.of(NOW) : verified;
            return new BackupHistory(name, success, verified, 1, 1000, state, Optional.empty(), verified);
        }
    }
}
