package org.pgsteward.alert;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.pgsteward.model.Elapsed;
import org.pgsteward.model.Notification;
import org.pgsteward.model.Severity;

/**
 * Writes one notice about several alerts of one kind: the services in the title, the state of PostgreSQL, and one line
 * for each alert.
 */
final class GroupText {
    /** Services in the title. */
    private static final int NAMED = 3;

    /** Alerts with a line. */
    private static final int LINES = 60;

    /** Characters of the reason in a line. */
    private static final int LINE = 200;

    private final DateTimeFormatter clock;
    private final DateTimeFormatter timeOfDay;

    /** @param zone of the times in the text */
    GroupText(ZoneId zone) {
        clock = LocalTimes.clock(zone);
        timeOfDay = DateTimeFormatter.ofPattern("HH:mm:ss", Locale.ENGLISH).withZone(zone);
    }

    /** @param isPostgresDown the first question of a reader if several services have the same fault at once */
    Notification of(String id, DueNotification notification, boolean isPostgresDown, Instant now) {
        List<Alert> alerts = notification.alerts();
        Severity severity = alerts.stream()
                .map(Alert::severity)
                .max(Comparator.naturalOrder())
                .orElse(Severity.INFO);
        Instant since =
                alerts.stream().map(Alert::since).min(Comparator.naturalOrder()).orElse(now);
        String first = alerts.stream()
                .limit(NAMED)
                .map(alert -> NotificationFields.name(alert.service()))
                .collect(Collectors.joining(", "));
        String who = alerts.size() > NAMED ? first + " and " + (alerts.size() - NAMED) + " more" : first;
        // A notice for information has no end.
        boolean over = notification.isOver() && severity != Severity.INFO;
        String heading = over ? "resolved" : severity.word();
        StringBuilder text = new StringBuilder(alerts.size() + " alerts");
        text.append(over ? " resolved by " + clock.format(now) : ", the first since " + clock.format(since));
        if (!over) {
            text.append(isPostgresDown ? "; PostgreSQL is down, too" : "; PostgreSQL is not reported as down");
        }
        text.append(':');
        for (Alert alert : alerts.subList(0, Math.min(LINES, alerts.size()))) {
            text.append('\n').append(line(over, alert, now));
        }
        if (alerts.size() > LINES) {
            text.append("\nand ").append(alerts.size() - LINES).append(" more");
        }
        return NotificationFields.notice(
                id,
                over ? "resolved" : "firing",
                severity,
                alerts.get(0).kind(),
                who,
                since,
                "[" + heading + "] " + alerts.size() + " x " + NotificationFields.words(alerts.get(0)) + ": " + who,
                text.toString(),
                over
                        ? ""
                        : NotificationFields.remedy(alerts.stream()
                                .flatMap(alert -> alert.last().remedy().lines())
                                .distinct()),
                NotificationFields.group(alerts),
                alerts);
    }

    private String line(boolean over, Alert alert, Instant now) {
        String reason = OneLine.of(
                over && alert.over() != null
                        ? alert.over().reason()
                        : alert.last().reason(),
                LINE);
        Instant end = over ? alert.changedAt() : now;
        String lasted = Elapsed.words(Duration.between(alert.since(), end));
        return NotificationFields.name(alert.service())
                + (over
                        ? " at " + timeOfDay.format(end) + " after " + lasted
                        : " since " + timeOfDay.format(alert.since()) + " (" + lasted + ")")
                + ": " + reason;
    }
}
