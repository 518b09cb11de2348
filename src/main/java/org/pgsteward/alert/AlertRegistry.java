package org.pgsteward.alert;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.pgsteward.model.Activity;
import org.pgsteward.model.CommandPrefix;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Notification;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Registry of alerts and their pending notifications. The files in {@code <state.dir>/alerts/} are authoritative, so
 * the daemon and a command can share them and a restart loses no alert. If the disk is full and the reserved space is
 * used up, alerts are kept in memory. Thread-safe.
 */
public final class AlertRegistry {
    private static final Logger LOG = LoggerFactory.getLogger(AlertRegistry.class);

    /** Source name for conditions that name no source. */
    private static final String LOOK = "look";

    /** Service name in journal rows about several services. */
    private static final String ALL = "pgsteward";

    private static final String POSTGRES_DOWN = "postgres-down";

    /** Time by which a notification has reached the outbox, or is considered lost. */
    private static final Duration IN_HAND = Duration.ofMinutes(1);

    /** Time without news after which {@link #due} decides rarely. */
    private static final Duration CALM = Duration.ofMinutes(1);

    /**
     * Interval of decisions in calm times. Then only time makes a notification due: a repetition, the end of a silence, of quiet
     * hours or of a wait. It is then late by this interval at most.
     */
    private static final Duration RARELY = Duration.ofSeconds(10);

    private static final DateTimeFormatter ID =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmssSSS'Z'").withZone(ZoneOffset.UTC);

    private final AlertStore store;
    private final AlertHistory history;
    private final NotificationText text;
    private final Clock clock;
    private final Silences silences;
    private final ZoneId zone;
    private final LocalTimes times;
    private final CommandPrefix typing;

    /** Notifications on their way to the outbox, by notification id. */
    private final Map<String, Hand> handed = new HashMap<>();

    /** Time of the last notification, by {@link NotificationPolicy#lane}. */
    private final Map<String, Instant> lastNotified = new HashMap<>();

    /** Changes that the disk refused; an empty value is a removal. */
    private final Map<String, Optional<Alert>> unsaved = new HashMap<>();

    /** Alerts on disk at the last decision of {@link #due}. */
    private List<Alert> decided = List.of();

    private Instant decidedAt = Instant.EPOCH;

    /** Time of the last decision about changed alerts. */
    private Instant newsAt = Instant.EPOCH;

    /**
     * @param stateDir {@code pgsteward.state.dir}
     * @param zone time zone of the times in notifications and of quiet hours
     * @param typing prefix of the commands in remedies
     */
    public AlertRegistry(
            Path stateDir, Silences silences, ObjectMapper json, Clock clock, ZoneId zone, CommandPrefix typing) {
        this.typing = typing;
        this.store = new AlertStore(stateDir.resolve("alerts"), json);
        this.history = new AlertHistory(stateDir, json);
        this.text = new NotificationText(zone);
        this.silences = silences;
        this.zone = zone;
        this.times = new LocalTimes(zone);
        this.clock = clock;
    }

    private record Hand(DueNotification notification, Instant at) {}

    /** Returns whether {@link #consider} would change nothing, as for most conditions: all is well, and no alert fires. */
    public synchronized boolean isNoNews(Condition condition) {
        return condition.severity().isEmpty()
                && all().stream()
                        .noneMatch(alert -> alert.isFiring() && alert.key().equals(condition.key()));
    }

    /** Records the condition of a subject that only one source checks. */
    public void consider(Condition condition) {
        consider(condition, LOOK);
    }

    /**
     * Records a condition. {@link #due} decides whether and when it is notified.
     *
     * @param source name of the check; an alert resolves only when no source reports bad any more. Null or blank if a
     *     route leaves it out
     */
    public synchronized void consider(Condition condition, @Nullable String source) {
        if (isNoNews(condition)) {
            // Most checks end here, and must not wait for the lock of another process.
            return;
        }
        String looked = source == null || source.isBlank() ? LOOK : source;
        store.alone(() -> {
            Optional<Alert> before = read(condition.key());
            Optional<Alert> after = AlertRule.turn(before, times.in(condition.typed(typing)), looked);
            if (after.isPresent() && !after.equals(before)) {
                write(after.get());
                history.keep(before, after.get());
            }
        });
    }

    /**
     * Returns the notifications that are due under {@code rule}. A notification returns again if {@link #notified} does not
     * confirm it within a minute, or if the process ended before confirming it.
     */
    public synchronized List<Notification> due(NotificationPolicy rule) {
        Instant now = clock.instant();
        if (isCalm(now)) {
            return List.of();
        }
        handed.values().removeIf(hand -> NotificationPolicy.isPast(hand.at(), IN_HAND, now));
        Set<String> inHand = new HashSet<>();
        handed.values().forEach(hand -> hand.notification().alerts().forEach(alert -> inHand.add(alert.key())));
        List<Notification> notices = new ArrayList<>();
        store.alone(() -> {
            saveAgain();
            store.keepReserve();
            List<Alert> pages = all();
            NotificationPolicy.Decision decision =
                    rule.decide(pages, silences.active(), inHand, lastNotified, zone, now);
            for (Alert page : decision.settled()) {
                LOG.info("alert {} {} resolved without a notification", page.service(), page.kind());
                write(page.endHeard(page.over()));
            }
            boolean isPostgresDown = pages.stream()
                    .anyMatch(page -> page.isFiring() && page.kind().equals(POSTGRES_DOWN));
            for (DueNotification notification : decision.due()) {
                String id = id(notification);
                handed.put(id, new Hand(notification, now));
                notices.add(text.of(id, notification, isPostgresDown, now));
            }
            for (Alert page : pages) {
                if (page.isPast() && page.changedAt().plus(rule.kept()).isBefore(now)) {
                    remove(page);
                }
            }
        });
        remember(now, notices);
        return notices;
    }

    /** Returns whether nothing has changed lately and the last decision is recent. */
    private boolean isCalm(Instant now) {
        return handed.isEmpty()
                && unsaved.isEmpty()
                && newsAt.plus(CALM).isBefore(now)
                && !decidedAt.isAfter(now)
                && decidedAt.plus(RARELY).isAfter(now)
                && stored().equals(decided);
    }

    private void remember(Instant now, List<Notification> notices) {
        List<Alert> stored = stored();
        if (!notices.isEmpty() || !stored.equals(decided)) {
            newsAt = now;
        }
        decided = stored;
        decidedAt = now;
    }

    /** Returns an id that is equal for equal notifications, so receivers can recognise a repetition after a crash. */
    private static String id(DueNotification notification) {
        Instant latest = notification.alerts().stream()
                .flatMap(alert -> Stream.of(alert.changedAt(), alert.heardAt()))
                .max(Comparator.naturalOrder())
                .orElse(Instant.EPOCH);
        // Leaves out the figures: they change with every check.
        String news = notification.alerts().stream()
                .map(alert -> alert.key() + alert.since() + alert.severity() + alert.changedAt() + alert.heardAt())
                .collect(Collectors.joining("\n", notification.news() + "\n", ""));
        UUID hash = UUID.nameUUIDFromBytes(news.getBytes(StandardCharsets.UTF_8));
        return ID.format(latest) + "-" + hash.toString().substring(0, 8);
    }

    /**
     * Previous name of {@link #notified}, for one more version: an edited {@code alerts.camel.yaml} may still call it.
     *
     * @deprecated call {@link #notified}
     */
    @Deprecated(forRemoval = true)
    public void told(Notification notice) {
        notified(notice);
    }

    /** Records that the notification has reached the outbox. From then on it counts as notified. */
    public synchronized void notified(Notification notice) {
        Hand hand = handed.remove(notice.id());
        if (hand == null) {
            return;
        }
        DueNotification notification = hand.notification();
        Instant now = clock.instant();
        lastNotified.put(NotificationPolicy.lane(notification), now);
        store.alone(() -> {
            for (Alert sent : notification.alerts()) {
                Alert page = read(sent.key()).orElse(sent);
                boolean flapping = notification.news() == DueNotification.News.FLAPPING;
                write(
                        notification.isOver()
                                ? page.endHeard(sent.over())
                                : page.heard(new Alert.Heard(sent.severity(), now, flapping)));
            }
        });
    }

    /**
     * Returns the journal row of a notification: its state, severity and kind, and its service or number of services.
     */
    public Activity activity(Notification notice) {
        List<String> services = NotificationText.services(notice);
        String whose = services.size() == 1 ? notice.service() : ALL;
        String of = services.size() == 1 ? "" : " of " + services.size() + " services";
        return Activity.ours(
                whose,
                "alert " + notice.state() + ": " + notice.severity() + " " + notice.kind() + of,
                clock.instant());
    }

    /** Returns the firing alerts, notified or not. */
    public synchronized List<Alert> firing() {
        return all().stream().filter(Alert::isFiring).toList();
    }

    /** Returns the firing alerts that were notified. */
    public synchronized List<Alert> heard() {
        return all().stream()
                .filter(alert -> alert.isFiring() && alert.heard() != null)
                .toList();
    }

    private List<Alert> all() {
        if (unsaved.isEmpty()) {
            return stored();
        }
        Map<String, Alert> alerts = new java.util.TreeMap<>();
        stored().forEach(alert -> alerts.put(alert.key(), alert));
        unsaved.forEach((key, alert) -> alert.ifPresentOrElse(page -> alerts.put(key, page), () -> alerts.remove(key)));
        return List.copyOf(alerts.values());
    }

    private List<Alert> stored() {
        try {
            return store.all();
        } catch (IOException refused) {
            LOG.warn("cannot read the alerts in the state folder: {}", refused.toString());
            return List.of();
        }
    }

    private Optional<Alert> read(String key) {
        Optional<Alert> kept = unsaved.get(key);
        if (kept != null) {
            return kept;
        }
        try {
            return store.read(key);
        } catch (IOException refused) {
            LOG.warn("cannot read alert {}, which counts as not firing: {}", OneLine.of(key, 120), refused.toString());
            return Optional.empty();
        }
    }

    private void write(Alert alert) {
        try {
            store.write(alert);
            unsaved.remove(alert.key());
        } catch (IOException refused) {
            keep(alert.key(), Optional.of(alert), refused);
        }
    }

    private void remove(Alert alert) {
        try {
            store.remove(alert.key());
            unsaved.remove(alert.key());
        } catch (IOException refused) {
            keep(alert.key(), Optional.empty(), refused);
        }
    }

    /**
     * Writes changes from memory to the disk, which may have room again. A file that another process has written since
     * is newer and stays.
     */
    private void saveAgain() {
        Map.copyOf(unsaved).forEach((key, alert) -> {
            try {
                Optional<Alert> written = store.read(key);
                if (alert.isEmpty() && written.filter(Alert::isPast).isPresent()) {
                    store.remove(key);
                } else if (alert.isPresent()
                        && written.filter(page ->
                                        page.changedAt().isAfter(alert.get().changedAt()))
                                .isEmpty()) {
                    store.write(alert.get());
                }
                unsaved.remove(key);
            } catch (IOException refused) {
                LOG.debug("alert {} is still in memory only: {}", OneLine.of(key, 120), refused.toString());
            }
        });
    }

    private void keep(String key, Optional<Alert> alert, IOException refused) {
        if (unsaved.put(key, alert) == null) {
            LOG.warn(
                    "cannot save alert {}, which a restart would notify again: {}; check the disk of the state folder",
                    OneLine.of(key, 120),
                    refused.toString());
        }
    }
}
