package org.pgsteward.alert;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.pgsteward.model.Elapsed;
import org.pgsteward.model.Notice;
import org.pgsteward.model.Severity;

/**
 * Words for somebody who was just woken: what, since when, how bad with figures, why, and what to type. What came from
 * outside (services, names, messages of servers) is made one harmless line first.
 */
public final class NoticeText {
    private static final int TITLE = 140;
    private static final int NAME = 80;
    private static final int REASON = 600;
    private static final int COMMAND = 300;
    private static final int COMMANDS = 20;

    /** Of several alerts in one message: so many are named in its title, and so many have a line of so many characters. */
    private static final int NAMED = 3;

    private static final int LINES = 60;
    private static final int LINE = 200;

    /** The figure that holds all their names. */
    private static final String SERVICES = "services";

    private static final int NAMES = 8000;
    private static final String COUNT = "count";
    private static final String BETWEEN = ", ";

    private final DateTimeFormatter clock;

    /** @param zone in which people read times */
    NoticeText(ZoneId zone) {
        clock = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss z", Locale.ENGLISH)
                .withZone(zone);
    }

    /** What is told of one alert, or of several of a kind. */
    Notice of(String id, Telling telling, Instant now) {
        List<Alert> alerts = telling.alerts();
        return alerts.size() == 1 ? one(id, telling.news(), alerts.get(0), now) : several(id, telling, now);
    }

    private Notice one(String id, Telling.News news, Alert alert, Instant now) {
        if (alert.severity() == Severity.INFO) {
            return information(id, alert);
        }
        String reason = OneLine.of(alert.last().reason(), REASON);
        String word = alert.severity().word();
        String since = ", since " + clock.format(alert.since());
        return switch (news) {
            case BEGAN ->
                firing(id, alert, subject(alert) + ": " + reason, what(alert) + " is " + word + since + ".\n" + reason);
            case WORSE ->
                firing(
                        id,
                        alert,
                        subject(alert) + ": " + reason,
                        what(alert) + " is now " + word + since + ".\n" + reason);
            case STILL -> {
                String lasts = Elapsed.words(Duration.between(alert.since(), now));
                yield firing(
                        id,
                        alert,
                        subject(alert) + ", for " + lasts + " now: " + reason,
                        what(alert) + " is still " + word + ", for " + lasts + since + ".\n" + reason);
            }
            case FLAPPING -> {
                String often = "began " + alert.begun().size() + " times since "
                        + clock.format(alert.begun().get(0));
                yield firing(
                        id,
                        alert,
                        subject(alert) + " comes and goes: " + often,
                        what(alert) + " comes and goes: it " + often + ".\nThe last time: " + reason
                                + "\nNothing more is told of it until it keeps still.");
            }
            case OVER, PASSED -> resolved(id, alert);
        };
    }

    private Notice firing(String id, Alert alert, String title, String text) {
        return notice(
                id,
                "firing",
                alert.severity(),
                alert.kind(),
                alert.service(),
                alert.since(),
                "[" + alert.severity().word() + "] " + title,
                text,
                remedy(alert.last().remedy().lines()),
                alert.last().figures(),
                List.of(alert));
    }

    /** Without the kind's words of trouble in the title, and so that nobody waits for an end that is not told. */
    private Notice information(String id, Alert alert) {
        String reason = OneLine.of(alert.last().reason(), REASON);
        return firing(
                id,
                alert,
                name(alert.service()) + ": " + reason,
                what(alert) + ", since " + clock.format(alert.since()) + ".\n" + reason
                        + "\nThis is for information only: its end is not told.");
    }

    private Notice resolved(String id, Alert alert) {
        Instant end = alert.changedAt();
        String lasted = Elapsed.words(Duration.between(alert.since(), end));
        String unheard = alert.heard() == null
                ? "\nIt was over before it could be told: "
                        + OneLine.of(alert.last().reason(), REASON)
                : "";
        return notice(
                id,
                "resolved",
                alert.severity(),
                alert.kind(),
                alert.service(),
                alert.since(),
                "[over] " + subject(alert) + ", after " + lasted,
                what(alert) + " is over. It lasted " + lasted + ", from " + clock.format(alert.since()) + " to "
                        + clock.format(end) + ".\n"
                        + OneLine.of(alert.over() == null ? "" : alert.over().reason(), REASON) + unheard,
                "",
                alert.last().figures(),
                List.of(alert));
    }

    /** Whom a notice is about: one, or several of whom it tells at once. */
    public static List<String> services(Notice notice) {
        Object all = notice.figures().get(SERVICES);
        return notice.figures().containsKey(COUNT) && all instanceof String names
                ? List.of(names.split(BETWEEN, -1))
                : List.of(notice.service());
    }

    private static String name(String service) {
        return OneLine.of(service, NAME);
    }

    /** One message for all: who in the title, and a line each. */
    private Notice several(String id, Telling telling, Instant now) {
        List<Alert> alerts = telling.alerts();
        Severity severity = alerts.stream()
                .map(Alert::severity)
                .max(Comparator.naturalOrder())
                .orElse(Severity.INFO);
        Instant since =
                alerts.stream().map(Alert::since).min(Comparator.naturalOrder()).orElse(now);
        String first =
                alerts.stream().limit(NAMED).map(alert -> name(alert.service())).collect(Collectors.joining(", "));
        String who = alerts.size() > NAMED ? first + " and " + (alerts.size() - NAMED) + " more" : first;
        // Whoever is only informed waits for no end, and hears none.
        boolean over = telling.isOver() && severity != Severity.INFO;
        String heading = over ? "over" : severity.word();
        StringBuilder text = new StringBuilder(alerts.size() + " at once:");
        for (Alert alert : alerts.subList(0, Math.min(LINES, alerts.size()))) {
            text.append('\n').append(line(over, alert, now));
        }
        if (alerts.size() > LINES) {
            text.append("\nand ").append(alerts.size() - LINES).append(" more");
        }
        return notice(
                id,
                over ? "resolved" : "firing",
                severity,
                alerts.get(0).kind(),
                who,
                since,
                "[" + heading + "] " + alerts.size() + " x " + words(alerts.get(0)) + ": " + who,
                text.toString(),
                over
                        ? ""
                        : remedy(alerts.stream()
                                .flatMap(alert -> alert.last().remedy().lines())
                                .distinct()),
                Map.of(
                        COUNT,
                        alerts.size(),
                        SERVICES,
                        alerts.stream()
                                .map(Alert::service)
                                .map(NoticeText::name)
                                .collect(Collectors.joining(BETWEEN))),
                alerts);
    }

    private static String line(boolean over, Alert alert, Instant now) {
        String reason = OneLine.of(
                over && alert.over() != null
                        ? alert.over().reason()
                        : alert.last().reason(),
                LINE);
        Instant end = over ? alert.changedAt() : now;
        String lasted = Elapsed.words(Duration.between(alert.since(), end));
        return name(alert.service()) + ": " + (over ? "after " : "for ") + lasted + ", " + reason;
    }

    /** The same notice, saying how long it lay before it could be handed over, and why. */
    static Notice late(Notice notice, Duration delay, String why) {
        String text = notice.text() + "\nThis is " + Elapsed.words(delay) + " late: " + why + ".";
        return new Notice(
                notice.id(),
                notice.state(),
                notice.severity(),
                notice.kind(),
                notice.service(),
                notice.since(),
                notice.title(),
                text,
                notice.remedy(),
                notice.figures(),
                notice.alerts());
    }

    private static Notice notice(
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
        return new Notice(
                id,
                state,
                severity.word(),
                OneLine.of(kind, NAME),
                OneLine.of(service, NAME),
                since,
                OneLine.of(title, TITLE),
                text,
                remedy,
                figures(figures),
                alerts.stream()
                        .limit(Notice.MOST_ALERTS)
                        .map(alert -> entry(alert, state))
                        .toList());
    }

    private static Notice.Entry entry(Alert alert, String state) {
        return new Notice.Entry(
                Notice.Entry.id(alert.kind(), alert.service()),
                state,
                alert.severity().word(),
                OneLine.of(alert.kind(), NAME),
                name(alert.service()),
                alert.since());
    }

    private static String subject(Alert alert) {
        return name(alert.service()) + " " + words(alert);
    }

    private static String what(Alert alert) {
        return name(alert.service()) + ": " + words(alert);
    }

    private static String words(Alert alert) {
        return OneLine.of(alert.kind().replace('-', ' '), NAME);
    }

    /** A remedy is lines of ours; but a name inside one must not make a line of its own that looks like a command. */
    private static String remedy(Stream<String> lines) {
        List<String> all = lines.map(line -> OneLine.of(line, COMMAND))
                .filter(line -> !line.isEmpty())
                .toList();
        String first = all.stream().limit(COMMANDS).collect(Collectors.joining("\n"));
        return all.size() > COMMANDS ? first + "\n# and " + (all.size() - COMMANDS) + " more lines" : first;
    }

    private static Map<String, Object> figures(Map<String, Object> figures) {
        Map<String, Object> clean = new LinkedHashMap<>();
        figures.forEach((name, value) -> clean.put(
                OneLine.of(name, NAME),
                value instanceof Number || value instanceof Boolean
                        ? value
                        : OneLine.of(String.valueOf(value), name.equals(SERVICES) ? NAMES : REASON)));
        return clean;
    }
}
