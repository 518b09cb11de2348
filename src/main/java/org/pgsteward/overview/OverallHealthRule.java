package org.pgsteward.overview;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.pgsteward.alert.Alert;
import org.pgsteward.alert.Fallbacks;
import org.pgsteward.alert.OneLine;
import org.pgsteward.backup.BackupAlerts;
import org.pgsteward.backup.schedule.OverdueRule;
import org.pgsteward.backup.schedule.Targets;
import org.pgsteward.containers.StatusRule;
import org.pgsteward.journal.BackupHistory;
import org.pgsteward.model.BackupKind;
import org.pgsteward.model.CommandPrefix;
import org.pgsteward.model.Count;
import org.pgsteward.model.Elapsed;
import org.pgsteward.model.PostgresServer;
import org.pgsteward.model.Severity;
import org.pgsteward.overview.OverallHealth.Reason;

/**
 * Rule that decides whether all is well. Pure.
 *
 * <ol>
 *   <li>Every firing warning or critical alert is a problem. Information is not.
 *   <li>Some states count at once, although their alert fires later: a container that does not run, PostgreSQL that
 *       does not answer, a newest backup that failed, a daemon that does not run.
 *   <li>Exceptions break no part, but not all is well. They are: a database without a verified backup, a service in
 *       quarantine, which cannot log in, missed Docker events, and a receiver that takes no notifications. The last two
 *       hide other faults.
 * </ol>
 */
final class OverallHealthRule {
    static final String NO_BACKUP = "no-backup";
    static final String QUARANTINED = "quarantined";
    static final String STATE = "state";
    static final String DAEMON = "daemon";
    static final String FEED = "feed";
    static final String RECEIVER = "receiver";
    static final String POSTGRES = "postgres";

    static final String NEWEST_FAILED = "newest-failed";
    static final String TOO_OLD = "too-old";

    /** Kinds of reasons that are not alerts. */
    static final Set<String> KINDS =
            Set.of(NO_BACKUP, NEWEST_FAILED, TOO_OLD, QUARANTINED, STATE, DAEMON, FEED, RECEIVER, POSTGRES);

    private static final String US = "pgsteward";
    private static final String FEED_ALERT = "feed-stale";

    /** Gap of a feed that is too short to lose an event. */
    private static final Duration BLINK = Duration.ofSeconds(5);

    /** Time within which a daemon that has just started begins its first backups. */
    private static final Duration FIRST_BACKUPS = Duration.ofMinutes(2);

    /** Limit of the services in the headline; the others are counted. */
    private static final int NAMED = 3;

    private static final int NAME = 60;

    private final Overview overview;
    private final Set<String> firing;
    private final List<Reason> reasons = new ArrayList<>();

    private OverallHealthRule(Overview overview) {
        this.overview = overview;
        this.firing = overview.firing().stream()
                .filter(alert -> alert.severity() != Severity.INFO)
                .map(Alert::key)
                .collect(Collectors.toSet());
    }

    static OverallHealth judge(Overview overview) {
        return new OverallHealthRule(overview).judge();
    }

    private OverallHealth judge() {
        overview.firing().stream()
                .filter(alert -> alert.severity() != Severity.INFO)
                .flatMap(alert -> alert.worst().stream()
                        .map(cause ->
                                new Reason(alert.service(), alert.kind(), alert.severity(), true, cause.reason(), "")))
                .forEach(reasons::add);
        postgres();
        overview.daemon().ifPresent(this::daemon);
        overview.services().forEach(this::service);
        reasons.sort(Comparator.comparing(Reason::problem)
                .thenComparing(Reason::severity)
                .reversed());
        return new OverallHealth(overview.typing().of(headline()), reasons);
    }

    private void postgres() {
        overview.trouble()
                .filter(trouble -> !overview.hasPostgresAlert())
                .ifPresent(trouble -> problem(PostgresServer.SERVICE, POSTGRES, Severity.CRITICAL, trouble, ""));
    }

    private void daemon(DaemonStatus daemon) {
        Instant now = overview.at();
        if (!daemon.isRunning(now)) {
            problem(
                    US,
                    DAEMON,
                    Severity.CRITICAL,
                    (daemon.stopped()
                                    ? "was stopped " + Elapsed.roughly(overview.age(daemon.at())) + " ago"
                                    : "has not reported for " + Elapsed.roughly(overview.age(daemon.at())))
                            + ": until it runs, no backup is made and no notification is sent",
                    overview.typing().restart());
            return;
        }
        Instant staleSince = daemon.staleSince();
        if (staleSince != null && staleSince.plus(BLINK).isBefore(now) && !fires(FEED_ALERT, US)) {
            exception(
                    US,
                    FEED,
                    "has received no events from Docker for " + Elapsed.words(Duration.between(staleSince, now)) + " ("
                            + OneLine.of(daemon.staleReason(), 200) + "): crashes and new services go unnoticed",
                    "");
        }
        daemon.failing().stream()
                .filter(failing -> !fires(Fallbacks.RECEIVER_FAILING, failing.receiver()))
                .forEach(failing -> exception(
                        failing.receiver(),
                        RECEIVER,
                        "has accepted no notification for " + Elapsed.words(Duration.between(failing.since(), now))
                                + ", "
                                + failing.waiting() + (failing.waiting() == 1 ? " waits: " : " wait: ")
                                + OneLine.of(failing.reason(), 200),
                        ""));
    }

    private void service(Overview.Service service) {
        String name = service.name();
        service.quarantinedAt()
                .ifPresent(at -> exception(
                        name,
                        QUARANTINED,
                        "has been in quarantine for " + Elapsed.roughly(overview.age(at)) + ": its role cannot log in",
                        "pgsteward remove --undo " + CommandPrefix.word(name)
                                + "   # or, to delete it: pgsteward remove --drop " + CommandPrefix.word(name)));
        service.state()
                .filter(state -> state.isTrouble() && service.quarantinedAt().isEmpty())
                .filter(state -> !fires(StatusRule.KIND, name))
                .filter(state -> !(isContainerOnly(service) && overview.hasPostgresAlert()))
                .ifPresent(
                        state -> problem(name, STATE, state.severity().orElse(Severity.WARNING), state.reason(), ""));
        if (!service.isGone()) {
            backup(service);
        }
    }

    private void backup(Overview.Service service) {
        String name = service.name();
        if (fires(BackupAlerts.FAILED, name) || fires(OverdueRule.KIND, name)) {
            return;
        }
        String state = service.backups().map(BackupHistory::lastState).orElse("");
        BackupKind kind = name.equals(Targets.GLOBALS) ? BackupKind.GLOBALS : BackupKind.DUMP;
        String backUp = kind.command(name);
        if (state.equals("failed") && !name.equals(Targets.BASE)) {
            problem(name, NEWEST_FAILED, Severity.WARNING, "its newest backup failed", backUp);
        } else if (service.isDatabase() && service.restorableTo().isEmpty()) {
            if (isStored(service)) {
                exception(name, NO_BACKUP, "has no verified backup", "pgsteward verify " + CommandPrefix.word(name));
            } else if (state.equals("running")) {
                exception(name, NO_BACKUP, "is being backed up for the first time", "");
            } else {
                exception(name, NO_BACKUP, "has no backup yet", backUp);
            }
        }
        service.overdue().ifPresent(why -> problem(name, TOO_OLD, Severity.WARNING, why, backUp));
    }

    private static boolean isStored(Overview.Service service) {
        return service.backups().flatMap(BackupHistory::lastSuccess).isPresent();
    }

    /** Returns whether the entry is a container without a database of its own: PostgreSQL's. */
    private static boolean isContainerOnly(Overview.Service service) {
        return !service.isDatabase() && service.backups().isEmpty();
    }

    private boolean fires(String kind, String service) {
        return firing.contains(kind + ":" + service);
    }

    private void problem(String service, String kind, Severity severity, String text, String remedy) {
        reasons.add(new Reason(
                service,
                kind,
                severity,
                true,
                overview.typing().of(text),
                overview.typing().of(remedy)));
    }

    private void exception(String service, String kind, String text, String remedy) {
        reasons.add(new Reason(
                service, kind, Severity.WARNING, false, text, overview.typing().of(remedy)));
    }

    private String headline() {
        int problems = (int) reasons.stream().filter(Reason::problem).count();
        if (problems > 0) {
            String count = Count.words(problems, "problem") + ".";
            return problems == reasons.size() ? count : count + " Besides: " + exceptions() + ".";
        }
        if (isNothingBackedUp()) {
            return "Nothing is backed up yet. " + firstBackup();
        }
        if (reasons.isEmpty()) {
            return "All is well.";
        }
        return "All is well, except: " + exceptions() + ".";
    }

    private boolean isNothingBackedUp() {
        List<Overview.Service> databases = overview.databases();
        return !databases.isEmpty()
                && databases.stream()
                        .noneMatch(service -> service.restorableTo().isPresent() || isStored(service))
                && reasons.stream().anyMatch(reason -> reason.kind().equals(NO_BACKUP));
    }

    private String firstBackup() {
        boolean begun = overview.services().stream()
                .flatMap(service -> service.backups().stream())
                .anyMatch(history -> history.lastState().equals("running"));
        if (begun) {
            return "The first backup is running.";
        }
        Optional<DaemonStatus> daemon = overview.daemon().filter(report -> report.isRunning(overview.at()));
        if (daemon.isEmpty()) {
            return "To make the first backup: pgsteward backup --all";
        }
        boolean justStarted = daemon.get().startedAt().plus(FIRST_BACKUPS).isAfter(overview.at());
        return justStarted
                ? "The first backup starts by itself within a minute."
                : "Make one now: pgsteward backup --all";
    }

    /** Returns the exceptions, such as {@code wiki and blog have no backup yet; shop is in quarantine}. */
    private String exceptions() {
        Map<String, List<String>> byText = new LinkedHashMap<>();
        for (Reason reason :
                reasons.stream().filter(reason -> !reason.problem()).toList()) {
            byText.computeIfAbsent(inHeadline(reason), first -> new ArrayList<>())
                    .add(OneLine.of(reason.service(), NAME));
        }
        return byText.entrySet().stream()
                .map(entry -> names(entry.getValue()) + " "
                        + plural(entry.getKey(), entry.getValue().size()))
                .collect(Collectors.joining("; "));
    }

    private static String inHeadline(Reason reason) {
        return switch (reason.kind()) {
            case QUARANTINED -> "is in quarantine";
            case FEED -> "receives no events from Docker";
            case RECEIVER -> "accepts no notifications";
            default -> reason.text();
        };
    }

    private static String plural(String text, int services) {
        if (services == 1) {
            return text;
        }
        return text.replaceFirst("^has ", "have ").replaceFirst("^is ", "are ").replaceFirst("^accepts ", "accept ");
    }

    private static String names(List<String> services) {
        List<String> named = new ArrayList<>(services.subList(0, Math.min(NAMED, services.size())));
        if (services.size() > NAMED) {
            named.add((services.size() - NAMED) + " more");
        }
        if (named.size() == 1) {
            return named.get(0);
        }
        return String.join(", ", named.subList(0, named.size() - 1)) + " and " + named.get(named.size() - 1);
    }
}
