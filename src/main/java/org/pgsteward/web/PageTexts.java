package org.pgsteward.web;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.pgsteward.alert.Alert;
import org.pgsteward.alert.OneLine;
import org.pgsteward.alert.Silence;
import org.pgsteward.journal.BackupHistory;
import org.pgsteward.model.Elapsed;
import org.pgsteward.model.Memory;
import org.pgsteward.model.Severity;
import org.pgsteward.model.Size;
import org.pgsteward.monitor.DatabaseMetrics;
import org.pgsteward.overview.OverallHealth;
import org.pgsteward.overview.Overview;
import org.pgsteward.overview.RowTexts;

/** An overview as values of the template {@code web/status.mustache}. The template escapes them. */
final class PageTexts {
    private static final int NAME = 63;
    private static final int SENTENCE = 600;
    private static final int TITLE = 90;

    private final Overview overview;
    private final ZoneId zone;
    private final DateTimeFormatter clock;
    private final DateTimeFormatter day;

    PageTexts(Overview overview, ZoneId zone) {
        this.overview = overview;
        this.zone = zone;
        this.clock = DateTimeFormatter.ofPattern("HH:mm", Locale.ENGLISH).withZone(zone);
        this.day =
                DateTimeFormatter.ofPattern("EEE d MMM HH:mm", Locale.ENGLISH).withZone(zone);
    }

    Map<String, Object> scope() {
        Map<String, Object> scope = new LinkedHashMap<>();
        OverallHealth health = overview.health();
        String verdict = health.headline().replaceFirst("\\.$", "");
        scope.put("verdict", OneLine.of(verdict, SENTENCE));
        scope.put("title", OneLine.of(verdict, TITLE) + " – pgsteward");
        scope.put("well", health.isWell());
        scope.put(
                "critical",
                health.severity().filter(worst -> worst == Severity.CRITICAL).isPresent());
        scope.put("summary", overview.standing());
        scope.put(
                "at",
                DateTimeFormatter.ofPattern("EEE d MMM yyyy, HH:mm:ss z", Locale.ENGLISH)
                        .withZone(zone)
                        .format(overview.at()));
        scope.put("machineAt", overview.at().toString());
        scope.put("reasons", reasons(health));
        overview.trouble().ifPresent(why -> scope.put("known", known()));
        scope.put("alerts", alerts(false));
        scope.put("news", alerts(true));
        scope.put("hasNews", !alerts(true).isEmpty());
        scope.put("silences", overview.silences().stream().map(this::silence).toList());
        List<Map<String, Object>> groups = new ArrayList<>();
        group(groups, service -> !isOfTheCluster(service) && !service.isGone());
        group(groups, PageTexts::isOfTheCluster);
        group(groups, Overview.Service::isGone);
        scope.put("groups", groups);
        overview.keptWords().ifPresent(words -> scope.put("kept", words));
        return scope;
    }

    /**
     * Returns the reasons without an alert. A missing backup is left out, because the headline and the row of the
     * database state it.
     */
    private List<Map<String, Object>> reasons(OverallHealth health) {
        return health.besideAlerts().stream()
                .filter(reason -> !reason.isAboutMissingBackup())
                .map(this::reason)
                .toList();
    }

    private Map<String, Object> reason(OverallHealth.Reason reason) {
        Map<String, Object> words = new LinkedHashMap<>();
        words.put("severity", reason.severity().word());
        words.put("sign", reason.severity() == Severity.CRITICAL ? "✕" : "!");
        words.put("service", OneLine.of(reason.service(), NAME));
        words.put("reason", OneLine.of(reason.text(), SENTENCE));
        if (!reason.remedy().isBlank()) {
            words.put("remedy", OneLine.of(reason.remedy(), SENTENCE));
        }
        return words;
    }

    private String known() {
        return overview.known()
                .map(at -> "PostgreSQL cannot be asked: what is said here of databases and backups is as of " + when(at)
                        + ", " + ago(at) + ".")
                .orElse("PostgreSQL cannot be asked, and nothing is known of databases and backups from before.");
    }

    private List<Map<String, Object>> alerts(boolean information) {
        return overview.firing().stream()
                .filter(alert -> alert.severity() == Severity.INFO == information)
                .flatMap(alert -> alert.worst().stream().map(cause -> alert(alert, cause)))
                .toList();
    }

    private Map<String, Object> alert(Alert alert, Alert.Cause cause) {
        Map<String, Object> words = new LinkedHashMap<>();
        words.put("severity", alert.severity().word());
        words.put("sign", alert.severity() == Severity.CRITICAL ? "✕" : "!");
        words.put("kind", OneLine.of(alert.kind().replace('-', ' '), NAME));
        words.put("service", OneLine.of(alert.service(), NAME));
        words.put("reason", OneLine.of(cause.reason(), SENTENCE));
        words.put("since", when(alert.since()));
        words.put("machineSince", alert.since().toString());
        words.put("lasting", Elapsed.roughly(overview.age(alert.since())));
        String remedy =
                cause.remedy().lines().map(line -> OneLine.of(line, SENTENCE)).collect(Collectors.joining("\n"));
        if (!remedy.isBlank()) {
            words.put("remedy", remedy);
        }
        return words;
    }

    private Map<String, Object> silence(Silence silence) {
        Map<String, Object> words = new LinkedHashMap<>();
        words.put("what", silence.subject());
        words.put("until", when(silence.until()));
        if (!silence.reason().isBlank()) {
            words.put("reason", OneLine.of(silence.reason(), SENTENCE));
        }
        return words;
    }

    private void group(List<Map<String, Object>> groups, Predicate<Overview.Service> in) {
        List<Map<String, Object>> rows =
                overview.services().stream().filter(in).map(this::row).toList();
        if (!rows.isEmpty()) {
            groups.add(Map.of("rows", rows));
        }
    }

    /** Returns whether the entry belongs to no service: the globals, base backups, and PostgreSQL's own container. */
    private static boolean isOfTheCluster(Overview.Service service) {
        boolean onlyAContainer =
                service.database().isEmpty() && service.backups().isEmpty();
        return service.isOfTheCluster() || onlyAContainer;
    }

    private Map<String, Object> row(Overview.Service service) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("name", OneLine.of(RowTexts.name(service), NAME));
        state(service, row);
        backup(service, row);
        database(service).ifPresent(size -> row.put("database", size));
        service.database().ifPresent(figure -> row.put("sessions", Long.toString(figure.connections())));
        service.backups()
                .map(BackupHistory::sizeBytes)
                .filter(size -> size > 0)
                .ifPresent(size -> row.put("stored", Size.words(size)));
        service.memory().ifPresent(memory -> row.put("memory", memory(memory)));
        if (!service.days().isEmpty()) {
            DayStrip strip = new DayStrip(
                    service.days(),
                    overview.known().orElse(overview.at()).atZone(zone).toLocalDate());
            row.put("strip", Map.of("marks", strip.marks(), "summary", strip.summary()));
        }
        return row;
    }

    private void state(Overview.Service service, Map<String, Object> row) {
        RowTexts.State state = RowTexts.state(service, overview);
        Optional<Severity> trouble = state.severity().filter(bad -> bad != Severity.INFO);
        if (trouble.isPresent()) {
            boolean critical = trouble.get() == Severity.CRITICAL || !state.runs();
            state(row, critical ? "✕" : "!", state.words(), trouble.get().word());
        } else {
            String words = state.words().isEmpty() ? "–" : state.words();
            state(row, state.runs() ? "✓" : "", words, state.runs() ? "fine" : "none");
        }
    }

    private static void state(Map<String, Object> row, String sign, String words, String tone) {
        row.put("sign", sign);
        row.put("state", words);
        row.put("tone", tone);
    }

    private void backup(Overview.Service service, Map<String, Object> row) {
        Optional<Instant> to = service.restorableTo();
        if (to.isPresent()) {
            row.put("verified", ago(to.get()));
            row.put("verifiedAt", when(to.get()));
            row.put("machineVerifiedAt", to.get().toString());
        } else if (service.isDatabase() || service.backups().isPresent()) {
            row.put("noneVerified", true);
        } else {
            row.put("notBackedUp", true);
        }
        service.backups().flatMap(BackupHistory::restores).ifPresent(span -> row.put("restores", restoreTime(span)));
        if (service.backups()
                .map(BackupHistory::lastState)
                .filter("failed"::equals)
                .isPresent()) {
            row.put("newestFailed", true);
        }
    }

    private static String restoreTime(Duration span) {
        return span.toMillis() < 1000 ? "< 1 s" : Elapsed.words(span);
    }

    private static Optional<String> database(Overview.Service service) {
        return service.database().map(DatabaseMetrics.Figure::sizeBytes).map(Size::words);
    }

    private Map<String, Object> memory(Memory memory) {
        long percent = Math.round(memory.ratio() * 100);
        return Map.of(
                "width",
                Math.min(100, percent),
                "percent",
                (percent < 1 ? "< 1" : Long.toString(percent)) + " %",
                "high",
                percent >= 80,
                "words",
                Size.words(memory.usedBytes()) + " of " + Size.words(memory.limitBytes()));
    }

    private String when(Instant at) {
        boolean today =
                at.atZone(zone).toLocalDate().equals(overview.at().atZone(zone).toLocalDate());
        return (today ? clock : day).format(at);
    }

    private String ago(Instant at) {
        return Elapsed.roughly(overview.age(at)) + " ago";
    }
}
