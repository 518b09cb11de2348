package org.pgsteward.alert;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import org.pgsteward.model.Elapsed;
import org.pgsteward.model.Notification;
import org.pgsteward.model.Severity;

/**
 * Writes the notices of alerts: the event, its start, its severity, the cause with figures, and the remedy as lines to paste.
 * {@link NotificationFields} cleans each text that comes from outside.
 */
public final class NotificationText {
    private final DateTimeFormatter clock;
    private final GroupText groups;

    /** @param zone of the times in the texts */
    NotificationText(ZoneId zone) {
        clock = LocalTimes.clock(zone);
        groups = new GroupText(zone);
    }

    /**
     * Writes the notice of one alert, or of several of one kind.
     *
     * @param isPostgresDown whether the alert about an unavailable PostgreSQL fires
     */
    Notification of(String id, DueNotification notification, boolean isPostgresDown, Instant now) {
        List<Alert> alerts = notification.alerts();
        return alerts.size() == 1
                ? one(id, notification.news(), alerts.get(0), now)
                : groups.of(id, notification, isPostgresDown, now);
    }

    private Notification one(String id, DueNotification.News news, Alert alert, Instant now) {
        if (alert.severity() == Severity.INFO) {
            return information(id, alert);
        }
        String reason = NotificationFields.reason(alert.last().reason());
        String word = " (" + alert.severity().word() + ")";
        String since = clock.format(alert.since());
        return switch (news) {
            case BEGAN ->
                firing(
                        id,
                        alert,
                        subject(alert) + ": " + reason,
                        what(alert) + word + " since " + since + ".\n" + reason);
            case WORSE ->
                firing(
                        id,
                        alert,
                        subject(alert) + ": " + reason,
                        what(alert) + " is now " + alert.severity().word() + ". It began " + since + ".\n" + reason);
            case STILL -> {
                String lasts = Elapsed.words(Duration.between(alert.since(), now));
                yield firing(
                        id,
                        alert,
                        subject(alert) + " for " + lasts + ": " + reason,
                        what(alert) + word + " still fires after " + lasts + ", since " + since + ".\n" + reason);
            }
            case FLAPPING -> {
                String often = "fired " + alert.begun().size() + " times since "
                        + clock.format(alert.begun().get(0));
                yield firing(
                        id,
                        alert,
                        subject(alert) + " is flapping: " + often,
                        what(alert) + word + " is flapping: it " + often + ".\nThe last time: " + reason
                                + "\nNo further notification follows until the alert is stable.");
            }
            case OVER, PASSED -> resolved(id, alert);
        };
    }

    private Notification firing(String id, Alert alert, String title, String text) {
        return NotificationFields.notice(
                id,
                "firing",
                alert.severity(),
                alert.kind(),
                alert.service(),
                alert.since(),
                "[" + alert.severity().word() + "] " + title,
                text,
                NotificationFields.remedy(alert.last().remedy().lines()),
                alert.last().figures(),
                List.of(alert));
    }

    /** Says that no notice follows when the alert resolves. The title has the reason, without the kind. */
    private Notification information(String id, Alert alert) {
        String reason = NotificationFields.reason(alert.last().reason());
        return firing(
                id,
                alert,
                NotificationFields.name(alert.service()) + ": " + reason,
                what(alert) + " since " + clock.format(alert.since()) + ".\n" + reason
                        + "\nFor information only: no notification follows when it ends.");
    }

    private Notification resolved(String id, Alert alert) {
        Instant end = alert.changedAt();
        String lasted = Elapsed.words(Duration.between(alert.since(), end));
        String unheard = alert.heard() == null
                ? "\nThe alert resolved before its notification was sent. Its reason: "
                        + NotificationFields.reason(alert.last().reason())
                : "";
        return NotificationFields.notice(
                id,
                "resolved",
                alert.severity(),
                alert.kind(),
                alert.service(),
                alert.since(),
                "[resolved] " + subject(alert) + " after " + lasted,
                what(alert) + " is resolved. It lasted " + lasted + ", from " + clock.format(alert.since()) + " to "
                        + clock.format(end) + ".\n"
                        + NotificationFields.reason(
                                alert.over() == null ? "" : alert.over().reason()) + unheard,
                "",
                alert.last().figures(),
                List.of(alert));
    }

    /** Returns the services that a notice is about. */
    public static List<String> services(Notification notice) {
        return NotificationFields.services(notice);
    }

    /** Returns the notice with a sentence about its delay. */
    static Notification late(Notification notice, Duration delay, String why) {
        String text = notice.text() + "\nThis notification is " + Elapsed.words(delay) + " late: " + why + ".";
        return new Notification(
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

    private static String subject(Alert alert) {
        return NotificationFields.name(alert.service()) + " " + NotificationFields.words(alert);
    }

    private static String what(Alert alert) {
        return NotificationFields.name(alert.service()) + ": " + NotificationFields.words(alert);
    }
}
