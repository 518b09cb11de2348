package org.pgsteward.web;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.pgsteward.alert.Alert;
import org.pgsteward.alert.OneLine;
import org.pgsteward.alert.Silence;
import org.pgsteward.model.Elapsed;
import org.pgsteward.model.Severity;
import org.pgsteward.overview.OverallHealth;
import org.pgsteward.overview.Overview;

/** The notes above and below the table as values of a template: faults, alerts and silences. The template escapes them. */
final class NoteTexts {
    private static final int NAME = 63;
    private static final int SENTENCE = 600;

    private final Overview overview;
    private final PageClock clock;

    NoteTexts(Overview overview, PageClock clock) {
        this.overview = overview;
        this.clock = clock;
    }

    /**
     * Returns the reasons without an alert. A missing backup is left out, because the headline and the row of the
     * database state it.
     *
     * @param problem whether to return the problems or the exceptions
     * @param of selects services by name
     */
    List<Map<String, Object>> reasons(OverallHealth health, boolean problem, Predicate<String> of) {
        return health.besideAlerts(problem).stream()
                .filter(reason -> !reason.isAboutMissingBackup() && of.test(reason.service()))
                .map(NoteTexts::reason)
                .toList();
    }

    private static Map<String, Object> reason(OverallHealth.Reason reason) {
        Map<String, Object> words = new LinkedHashMap<>();
        words.put("severity", reason.severity().word());
        words.put("sign", sign(reason.severity()));
        words.put("service", OneLine.of(reason.service(), NAME));
        words.put("reason", OneLine.of(reason.text(), SENTENCE));
        if (!reason.remedy().isBlank()) {
            words.put("remedy", OneLine.of(reason.remedy(), SENTENCE));
        }
        return words;
    }

    /**
     * Returns the firing alerts, either those for information or the others.
     *
     * @param of selects services by name
     */
    List<Map<String, Object>> alerts(boolean information, Predicate<String> of) {
        return overview.firing().stream()
                .filter(alert -> alert.severity() == Severity.INFO == information && of.test(alert.service()))
                .flatMap(alert -> alert.worst().stream().map(cause -> alert(alert, cause)))
                .toList();
    }

    private Map<String, Object> alert(Alert alert, Alert.Cause cause) {
        Map<String, Object> words = new LinkedHashMap<>();
        words.put("severity", alert.severity().word());
        words.put("sign", sign(alert.severity()));
        words.put("kind", kind(alert.kind()));
        words.put("service", OneLine.of(alert.service(), NAME));
        words.put("reason", OneLine.of(cause.reason(), SENTENCE));
        words.put("since", clock.when(alert.since()));
        words.put("machineSince", alert.since().toString());
        words.put("lasting", Elapsed.roughly(overview.age(alert.since())));
        String remedy = cause.remedy()
                .lines()
                .map(line -> OneLine.indented(line, SENTENCE))
                .collect(Collectors.joining("\n"));
        if (!remedy.isBlank()) {
            words.put("remedy", remedy);
        }
        return words;
    }

    /** Returns the active silences. */
    List<Map<String, Object>> silences() {
        return overview.silences().stream().map(this::silence).toList();
    }

    private Map<String, Object> silence(Silence silence) {
        Map<String, Object> words = new LinkedHashMap<>();
        words.put("what", silence.subject());
        words.put("until", clock.when(silence.until()));
        if (!silence.reason().isBlank()) {
            words.put("reason", OneLine.of(silence.reason(), SENTENCE));
        }
        return words;
    }

    /** Returns the words of a kind of alert, such as {@code memory high}. */
    static String kind(String kind) {
        return OneLine.of(kind.replace('-', ' '), NAME);
    }

    static String sign(Severity severity) {
        return severity == Severity.CRITICAL ? "✕" : "!";
    }
}
