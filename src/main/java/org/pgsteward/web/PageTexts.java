package org.pgsteward.web;

import java.time.ZoneId;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.pgsteward.alert.OneLine;
import org.pgsteward.model.Severity;
import org.pgsteward.overview.CopyTexts;
import org.pgsteward.overview.OverallHealth;
import org.pgsteward.overview.Overview;
import org.pgsteward.overview.ServiceColumn;
import org.pgsteward.overview.ServiceGroups;

/** An overview as values of the template {@code web/status.mustache}. The template escapes them. */
final class PageTexts {
    private static final int SENTENCE = 600;
    private static final int TITLE = 160;

    private final Overview overview;
    private final PageClock clock;

    PageTexts(Overview overview, ZoneId zone) {
        this.overview = overview;
        this.clock = new PageClock(overview, zone);
    }

    Map<String, Object> scope() {
        Map<String, Object> scope = new LinkedHashMap<>();
        NoteTexts notes = new NoteTexts(overview, clock);
        ServiceCells cells = new ServiceCells(overview, clock, new DayPaths(clock.lastDay())::of);
        OverallHealth health = overview.health();
        String verdict = health.headline().replaceFirst("\\.$", "");
        scope.put("verdict", OneLine.of(verdict, SENTENCE));
        scope.put("title", OneLine.of(verdict, TITLE) + " – pgsteward");
        scope.put("well", health.isWell());
        scope.put(
                "critical",
                health.severity().filter(worst -> worst == Severity.CRITICAL).isPresent());
        scope.put("summary", overview.standing());
        scope.put("at", clock.now());
        scope.put("machineAt", overview.at().toString());
        HostTexts host = new HostTexts(overview, clock);
        put(scope, "facts", "hasFacts", host.facts());
        put(scope, "incidents", "hasIncidents", host.incidents());
        scope.put("reasons", notes.reasons(health, true, service -> true));
        scope.put("exceptions", notes.reasons(health, false, service -> true));
        overview.trouble().ifPresent(why -> scope.put("known", known(overview, clock)));
        scope.put("alerts", notes.alerts(false, service -> true));
        put(scope, "news", "hasNews", notes.alerts(true, service -> true));
        scope.put("silences", notes.silences());
        scope.put("columns", columns());
        scope.put(
                "groups",
                ServiceGroups.of(overview).stream()
                        .map(group ->
                                Map.of("rows", group.stream().map(cells::of).toList()))
                        .toList());
        overview.keptWords().ifPresent(words -> scope.put("kept", words));
        scope.put(
                "exposed",
                CopyTexts.exposed(overview).stream()
                        .map(words -> Map.of("words", OneLine.of(words, SENTENCE)))
                        .toList());
        overview.receiverWords().ifPresent(words -> scope.put("noReceiver", words));
        return scope;
    }

    private static void put(Map<String, Object> scope, String name, String any, List<Map<String, Object>> values) {
        scope.put(name, values);
        scope.put(any, !values.isEmpty());
    }

    /** Returns the headings of the table. */
    static List<Map<String, Object>> columns() {
        return Arrays.stream(ServiceColumn.values())
                .map(column -> Map.<String, Object>of("heading", column.heading(), "number", column.isNumber()))
                .toList();
    }

    /** Returns the sentence that the page shows the last known state, since PostgreSQL is unavailable. */
    static String known(Overview overview, PageClock clock) {
        return overview.known()
                .map(at -> "PostgreSQL is unavailable: databases and backups are shown as of " + clock.when(at) + ", "
                        + clock.ago(at) + ".")
                .orElse("PostgreSQL is unavailable, and no earlier state of databases and backups is known.");
    }
}
