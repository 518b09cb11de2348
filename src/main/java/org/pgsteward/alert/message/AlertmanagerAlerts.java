package org.pgsteward.alert.message;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.pgsteward.alert.Alert;
import org.pgsteward.alert.NotificationText;
import org.pgsteward.model.Notification;
import org.pgsteward.model.Severity;

/**
 * Alerts in the format of Alertmanager's API v2 (prometheus.io/docs/alerting/latest/alerts_api and its openapi.yaml).
 *
 * <p>Alertmanager identifies an alert by its labels, keeps firing alerts in memory only, and resolves each at its
 * {@code endsAt}. Each alert is therefore sent with an end in five minutes (the usual {@code resolve_timeout}). While
 * it fires, it is sent again before that end. So a restart of Alertmanager or pgsteward loses no alert, and an alert
 * resolves even if its end could not be sent.
 *
 * <p>The severity is a label, since Alertmanager routes by it. A higher severity therefore makes another alert, and the
 * milder one is ended in the same message.
 */
final class AlertmanagerAlerts {
    private static final Duration HOLDS = Duration.ofMinutes(5);

    private final Clock clock;

    AlertmanagerAlerts(Clock clock) {
        this.clock = clock;
    }

    /**
     * Returns the alerts of one notification. Each service has an alert of its own, because Alertmanager groups by
     * itself.
     */
    List<Map<String, Object>> of(Notification notice) {
        Instant now = clock.instant();
        Instant end = MessageText.isResolved(notice) ? now : now.plus(HOLDS);
        List<Map<String, Object>> alerts = new ArrayList<>();
        for (String service : NotificationText.services(notice)) {
            alerts.add(alert(
                    labels(notice.kind(), service, notice.severity()),
                    annotations(notice.title(), notice.text(), notice.remedy()),
                    notice.since(),
                    end));
            for (Severity milder : Severity.values()) {
                if (milder.word().equals(notice.severity())) {
                    break;
                }
                alerts.add(alert(
                        labels(notice.kind(), service, milder.word()),
                        annotations(notice.title(), notice.text(), ""),
                        notice.since(),
                        now));
            }
        }
        return alerts;
    }

    /**
     * Returns the firing alerts for another five minutes, at the severity that was last notified. If one became worse
     * during a silence, the new severity follows after the silence.
     */
    List<Map<String, Object>> again(List<Alert> firing) {
        Instant end = clock.instant().plus(HOLDS);
        return firing.stream()
                .sorted(Comparator.comparing(Alert::key))
                .map(alert -> {
                    String reason = alert.worst().map(Alert.Cause::reason).orElse("");
                    String remedy = alert.worst().map(Alert.Cause::remedy).orElse("");
                    String what = alert.service() + " " + alert.kind().replace('-', ' ');
                    String severity = asNotified(alert).word();
                    return alert(
                            labels(alert.kind(), alert.service(), severity),
                            annotations("[" + severity + "] " + what + ": " + reason, reason, remedy),
                            alert.since(),
                            end);
                })
                .toList();
    }

    private static Severity asNotified(Alert alert) {
        Alert.Heard heard = alert.heard();
        return heard == null ? alert.severity() : heard.severity();
    }

    private static Map<String, Object> alert(
            Map<String, String> labels, Map<String, String> annotations, Instant start, Instant end) {
        Map<String, Object> alert = new LinkedHashMap<>();
        alert.put("labels", labels);
        alert.put("annotations", annotations);
        alert.put("startsAt", start.toString());
        // Alertmanager refuses an end before the start, and the clock may have been set back.
        alert.put("endsAt", (end.isBefore(start) ? start : end).toString());
        return alert;
    }

    private static Map<String, String> labels(String kind, String service, String severity) {
        Map<String, String> labels = new LinkedHashMap<>();
        labels.put("alertname", kind);
        labels.put("service", service);
        labels.put("severity", severity);
        labels.put("source", "pgsteward");
        return labels;
    }

    private static Map<String, String> annotations(String summary, String description, String remedy) {
        Map<String, String> annotations = new LinkedHashMap<>();
        annotations.put("summary", summary);
        annotations.put("description", description);
        if (!remedy.isEmpty()) {
            annotations.put("remedy", remedy);
        }
        return annotations;
    }
}
