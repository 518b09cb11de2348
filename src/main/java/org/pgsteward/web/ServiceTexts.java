package org.pgsteward.web;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.pgsteward.alert.OneLine;
import org.pgsteward.journal.BackupDays;
import org.pgsteward.journal.ServiceHistory;
import org.pgsteward.journal.ServiceHistoryRows;
import org.pgsteward.model.AlertKinds;
import org.pgsteward.model.Severity;
import org.pgsteward.model.Size;
import org.pgsteward.overview.CopyTexts;
import org.pgsteward.overview.Overview;
import org.pgsteward.overview.RowTexts;
import org.pgsteward.overview.RunTexts;
import org.pgsteward.overview.ServiceColumn;

/** A service and its history as values of the template {@code web/service.mustache}. The template escapes them. */
final class ServiceTexts {
    private static final int ERROR = 300;
    private static final int IMAGE = 120;

    /** The action of a notification's journal row. */
    private static final Pattern ALERT = Pattern.compile("alert (firing|resolved): (info|warning|critical) (.{1,100})");

    private final Overview overview;
    private final Overview.Service service;
    private final PageClock clock;

    ServiceTexts(Overview overview, Overview.Service service, ZoneId zone) {
        this.overview = overview;
        this.service = service;
        this.clock = new PageClock(overview, zone);
    }

    Map<String, Object> scope(FreshHistory.Answer answer) {
        Map<String, Object> scope = new LinkedHashMap<>();
        RowTexts.State state = RowTexts.state(service, overview);
        Optional<Severity> trouble = state.severity().filter(bad -> bad != Severity.INFO);
        String name = OneLine.of(RowTexts.name(service), ServiceCells.NAME);
        scope.put("title", name + (state.words().isEmpty() ? "" : ": " + state.words()) + " – pgsteward");
        scope.put("well", trouble.isEmpty());
        scope.put(
                "critical", trouble.filter(worst -> worst == Severity.CRITICAL).isPresent());
        scope.put("at", clock.now());
        scope.put("machineAt", overview.at().toString());
        scope.put("headings", headings());
        Map<String, Object> row = new ServiceCells(overview, clock, this::strip).of(service);
        scope.put("row", row);
        scope.put(
                "copies",
                overview.host().copies().stream()
                        .map(copies -> Map.of(
                                "target",
                                OneLine.of(copies.target(), ServiceCells.NAME),
                                "words",
                                CopyTexts.ofService(copies, service.name(), overview)))
                        .toList());
        NoteTexts notes = new NoteTexts(overview, clock);
        Predicate<String> ours = service.name()::equals;
        scope.put("reasons", notes.reasons(overview.health(), true, ours));
        scope.put("exceptions", notes.reasons(overview.health(), false, ours));
        scope.put("alerts", notes.alerts(false, ours));
        List<Map<String, Object>> news = notes.alerts(true, ours);
        scope.put("news", news);
        overview.trouble().ifPresent(why -> scope.put("known", PageTexts.known(overview, clock)));
        Map<String, Object> history = answer.history().map(this::history).orElse(Map.of());
        if (answer.history().isPresent()) {
            scope.put("history", history);
        }
        scope.put("hasDays", row.containsKey("strip") || history.containsKey("chart"));
        if (answer.history().isEmpty()) {
            scope.put("noHistory", OneLine.of(answer.trouble(), ERROR));
        }
        return scope;
    }

    private Map<String, Object> strip(List<BackupDays.Outcome> days) {
        DayStrip strip = new DayStrip(days, clock.lastDay());
        return Map.of("marks", strip.marks(), "summary", strip.summary());
    }

    /** Returns the headings of the columns, each under the lower-case name of its column. */
    private static Map<String, Object> headings() {
        Map<String, Object> headings = new LinkedHashMap<>();
        for (ServiceColumn column : ServiceColumn.values()) {
            headings.put(column.name().toLowerCase(java.util.Locale.ROOT), column.heading());
        }
        return headings;
    }

    private Map<String, Object> history(ServiceHistory history) {
        Map<String, Object> scope = new LinkedHashMap<>();
        history.image().ifPresent(image -> scope.put("image", OneLine.of(image, IMAGE)));
        SizeChart chart = new SizeChart(history.sizes(), clock.day(overview.at()));
        if (!chart.isEmpty()) {
            scope.put("chart", chart.scope());
        }
        scope.put("runs", runs(history.runs()));
        scope.put("hasRuns", !history.runs().isEmpty());
        scope.put(
                "noRuns",
                service.isDatabase() || service.isOfTheCluster()
                        ? "There is no backup yet."
                        : "There are no backups of this name. Each database has its own.");
        scope.put(
                "hasImages",
                history.runs().stream().anyMatch(run -> !run.image().isEmpty()));
        if (history.runs().size() == ServiceHistoryRows.MOST_RUNS) {
            scope.put("moreRuns", ServiceHistoryRows.MOST_RUNS);
        }
        List<Map<String, Object>> events = history.alerts().stream()
                .sorted(Comparator.comparing(ServiceHistory.AlertRow::at).reversed())
                .flatMap(row -> event(row).stream())
                .toList();
        scope.put("events", events);
        scope.put("hasEvents", !events.isEmpty());
        if (history.alerts().size() == ServiceHistoryRows.MOST_ALERTS) {
            scope.put("moreEvents", ServiceHistoryRows.MOST_ALERTS);
        }
        return scope;
    }

    /** @param runs newest first */
    private List<Map<String, Object>> runs(List<ServiceHistory.Run> runs) {
        List<Map<String, Object>> all = new ArrayList<>();
        for (int i = 0; i < runs.size(); i++) {
            Map<String, Object> words = run(runs.get(i));
            boolean isOldest = i + 1 == runs.size();
            words.put(
                    "imageChanged",
                    isOldest || !runs.get(i).image().equals(runs.get(i + 1).image()));
            all.add(words);
        }
        return all;
    }

    private Map<String, Object> run(ServiceHistory.Run run) {
        Map<String, Object> words = new LinkedHashMap<>();
        time(words, run.startedAt());
        words.put("kind", OneLine.of(run.kind(), ServiceCells.NAME));
        words.put("state", RunTexts.words(run));
        words.put("tone", tone(run));
        words.put("size", run.sizeBytes() > 0 ? Size.words(run.sizeBytes()) : "");
        words.put("dump", duration(run.dumpTime()));
        words.put("verification", duration(run.verifyTime()));
        words.put("image", OneLine.of(run.image(), IMAGE));
        words.put("error", OneLine.of(run.error(), ERROR));
        return words;
    }

    private static String tone(ServiceHistory.Run run) {
        return switch (run.state()) {
            case FAILED -> "critical";
            case UNVERIFIABLE -> "warning";
            case VERIFIED -> "fine";
            case MADE -> run.verified() ? "fine" : "warning";
            case RUNNING, EXPIRED -> "soft";
        };
    }

    private static String duration(Optional<Duration> time) {
        return time.map(ServiceColumn::seconds).orElse("");
    }

    private Optional<Map<String, Object>> event(ServiceHistory.AlertRow row) {
        Matcher action = ALERT.matcher(row.action());
        if (!action.matches()) {
            return Optional.empty();
        }
        Map<String, Object> words = new LinkedHashMap<>();
        time(words, row.at());
        boolean resolved = action.group(1).equals("resolved");
        words.put("what", resolved ? "resolved" : "fired");
        words.put("severity", action.group(2));
        words.put("tone", resolved || action.group(2).equals(Severity.INFO.word()) ? "soft" : action.group(2));
        words.put("kind", NoteTexts.kind(AlertKinds.current(action.group(3))));
        return Optional.of(words);
    }

    private void time(Map<String, Object> words, Instant at) {
        words.put("at", clock.dayAndTime(at));
        words.put("machineAt", at.toString());
    }
}
