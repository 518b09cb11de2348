package org.pgsteward.alert;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.pgsteward.model.AlertFigures;
import org.pgsteward.model.Notification;
import org.pgsteward.model.Severity;

/**
 * Makes the fields of a notice safe: each text that comes from outside (services, names, messages of servers) becomes one
 * line of limited length. All lengths are in characters.
 */
final class NotificationFields {
    private static final int TITLE = 140;
    private static final int NAME = 80;
    private static final int REASON = 600;
    private static final int COMMAND = 300;
    private static final int COMMANDS = 20;

    /** The figure with the services of all alerts of a notice, and the longest text of it. */
    private static final String SERVICES = "services";

    private static final int NAMES = 8000;

    /** The figure with the number of alerts of a notice. */
    private static final String COUNT = "count";

    private static final String BETWEEN = ", ";

    private NotificationFields() {}

    /** @param alerts that the notice is about; {@link Notification#MOST_ALERTS} of them are listed */
    static Notification notice(
            String id,
            String state,
            Severity severity,
            String kind,
            String service,
            Instant since,
            String title,
            String text,
            String remedy,
            Map<String, Object> figures,
            List<Alert> alerts) {
        return new Notification(
                id,
                state,
                severity.word(),
                name(kind),
                name(service),
                since,
                OneLine.clauses(title, TITLE),
                text,
                remedy,
                figures(figures),
                alerts.stream()
                        .limit(Notification.MOST_ALERTS)
                        .map(alert -> entry(alert, state))
                        .toList());
    }

    private static Notification.Entry entry(Alert alert, String state) {
        return new Notification.Entry(
                Notification.Entry.id(alert.kind(), alert.service()),
                state,
                alert.severity().word(),
                name(alert.kind()),
                name(alert.service()),
                alert.since());
    }

    /** Returns the figures of a notice about several alerts. */
    static Map<String, Object> group(List<Alert> alerts) {
        return Map.of(
                COUNT,
                alerts.size(),
                SERVICES,
                alerts.stream()
                        .map(Alert::service)
                        .map(NotificationFields::name)
                        .collect(Collectors.joining(BETWEEN)));
    }

    /** Returns the services that a notice is about. */
    static List<String> services(Notification notice) {
        Object all = notice.figures().get(SERVICES);
        return notice.figures().containsKey(COUNT) && all instanceof String names
                ? List.of(names.split(BETWEEN, -1))
                : List.of(notice.service());
    }

    static String name(String name) {
        return OneLine.of(name, NAME);
    }

    static String reason(String reason) {
        return OneLine.of(reason, REASON);
    }

    /** Returns the kind of an alert in words. */
    static String words(Alert alert) {
        return name(alert.kind().replace('-', ' '));
    }

    /** Cleans each line by itself: a name in a line must not add a line that looks like a command. */
    static String remedy(Stream<String> lines) {
        List<String> all = lines.map(line -> OneLine.indented(line, COMMAND))
                .filter(line -> !line.isEmpty())
                .toList();
        String first = all.stream().limit(COMMANDS).collect(Collectors.joining("\n"));
        return all.size() > COMMANDS ? first + "\n# and " + (all.size() - COMMANDS) + " more lines" : first;
    }

    private static Map<String, Object> figures(Map<String, Object> figures) {
        Map<String, Object> clean = new LinkedHashMap<>();
        AlertFigures.underBothNames(figures)
                .forEach((name, value) -> clean.put(
                        OneLine.of(name, NAME),
                        value instanceof Number || value instanceof Boolean
                                ? value
                                : OneLine.of(String.valueOf(value), name.equals(SERVICES) ? NAMES : REASON)));
        return clean;
    }
}
