package org.pgsteward.model;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;

/**
 * A notification: a receiver gets one when an alert fires and one when it resolves. Every receiver's route gets this
 * document (as JSON) as its body. Receivers rely on these names, so they must not change.
 *
 * @param id the id of this notification; a receiver that gets it twice may drop the second copy
 * @param state {@code firing} or {@code resolved}
 * @param severity {@code info}, {@code warning} or {@code critical}
 * @param kind the kind of alert, in kebab-case
 * @param service the service concerned
 * @param since when the condition began
 * @param title one line that fits a lock screen
 * @param text the condition, its start, its severity and its cause
 * @param remedy commands that can be pasted
 * @param figures the numbers in the text, by name
 * @param alerts the alerts in this notification, for programs: one, or up to {@link #MOST_ALERTS} alerts of a group
 */
public record Notification(
        String id,
        String state,
        String severity,
        String kind,
        String service,
        Instant since,
        String title,
        String text,
        String remedy,
        Map<String, Object> figures,
        List<Entry> alerts) {
    /** The most alerts that one notification lists; {@code figures.count} is their number. */
    public static final int MOST_ALERTS = 200;

    public Notification {
        // A file that an older version wrote has no list of alerts, and may have the previous name of a kind.
        kind = AlertKinds.current(Objects.requireNonNull(kind, "kind"));
        alerts = List.copyOf(Objects.requireNonNullElse(alerts, List.of()));
    }

    /** Creates a notification without a list of alerts. */
    public Notification(
            String id,
            String state,
            String severity,
            String kind,
            String service,
            Instant since,
            String title,
            String text,
            String remedy,
            Map<String, Object> figures) {
        this(id, state, severity, kind, service, since, title, text, remedy, figures, List.of());
    }

    /**
     * One alert of a notification.
     *
     * @param id the same for each alert of this kind and service, when it fires and when it resolves
     * @param state {@code firing} or {@code resolved}
     * @param since when the condition began; together with {@code id} it identifies one occurrence
     */
    public record Entry(String id, String state, String severity, String kind, String service, Instant since) {
        public Entry {
            String current = AlertKinds.current(Objects.requireNonNull(kind, "kind"));
            if (!current.equals(kind) && id(kind, service).equals(id)) {
                id = id(current, service);
            }
            kind = current;
        }

        /** Returns the id for a kind of alert and a service. */
        public static String id(String kind, String service) {
            return UUID.nameUUIDFromBytes((kind + ":" + service).getBytes(StandardCharsets.UTF_8))
                    .toString();
        }
    }
}
