package org.pgsteward.model;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;

/**
 * What people are told, once when something begins and once when it is over. Every receiver's route is handed this
 * document (as JSON) as its body, so the names are those that receivers rely on.
 *
 * @param id of this notice; a receiver that sees one twice may drop the second
 * @param state {@code firing} or {@code resolved}
 * @param severity {@code info}, {@code warning} or {@code critical}
 * @param kind what kind of trouble, kebab-case
 * @param service whose
 * @param since when the trouble began
 * @param title one line for a lock screen
 * @param text what happened, since when, how bad, why
 * @param remedy what to type, as commands that can be pasted
 * @param figures the numbers in it, by name
 * @param alerts the alerts that it is about, for programs: one, or each of those that are sent together, up to {@link
 *     #MOST_ALERTS}
 */
public record Notice(
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
    /** So many of one notice are listed; {@code figures.count} says how many there are. */
    public static final int MOST_ALERTS = 200;

    public Notice {
        // A file of an older version has none.
        alerts = List.copyOf(Objects.requireNonNullElse(alerts, List.of()));
    }

    /** One without a list of alerts. */
    public Notice(
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
     * One alert of a notice.
     *
     * @param id the same for each alert of this kind and service, when it fires and when it resolves
     * @param state {@code firing} or {@code resolved}
     * @param since when it began; with {@code id} it is one occurrence
     */
    public record Entry(String id, String state, String severity, String kind, String service, Instant since) {
        /** The id of a kind of trouble of a service. */
        public static String id(String kind, String service) {
            return UUID.nameUUIDFromBytes((kind + ":" + service).getBytes(StandardCharsets.UTF_8))
                    .toString();
        }
    }
}
