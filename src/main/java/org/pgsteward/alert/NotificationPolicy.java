package org.pgsteward.alert;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.pgsteward.model.AlertKinds;
import org.pgsteward.model.Elapsed;
import org.pgsteward.model.Severity;

/**
 * Rule that decides which alerts are notified, and when. Its settings are in {@code alerts.camel.yaml}; the decision
 * itself is pure.
 *
 * <ol>
 *   <li>A new notification waits briefly. An alert that resolves meanwhile is notified once, as resolved. Similar
 *       alerts are grouped into one notification.
 *   <li>A consequence of another firing alert is held back while that alert fires. It is notified a few minutes later
 *       if it still fires. An alert that begins in a silence or in quiet hours is handled likewise.
 *   <li>Flapping is notified once as such. The alert is then not notified until it has been stable for some time.
 *   <li>An alert that keeps firing is notified again after a set time.
 * </ol>
 */
public class NotificationPolicy {
    /** Prefix of error messages: the file that holds the settings. */
    private static final String FILE = "alerts.camel.yaml: ";

    /** Longest time by which a consequence may be observed before its cause. */
    private static final Duration SEEN_BEFORE = Duration.ofSeconds(90);

    private Duration wait = Duration.ofSeconds(10);
    private Duration interval = Duration.ofMinutes(1);
    private int groupFrom = 3;
    private Duration repeatCritical = Duration.ofHours(4);
    private Duration repeatWarning = Duration.ofDays(1);
    private int flaps = 4;
    private Duration flapWindow = Duration.ofMinutes(30);
    private Duration calm = Duration.ofMinutes(10);
    private Duration settle = Duration.ofMinutes(2);
    private Map<String, Set<String>> consequences = Map.of();
    private QuietHours quiet = QuietHours.NONE;

    /** @param time time that a new notification waits for similar ones, such as {@code 10s}; zero sends each at once */
    public void setWait(String time) {
        wait = Elapsed.parse(FILE + "wait", time);
    }

    /** @param time shortest time between two notifications of one kind, such as {@code 1m} */
    public void setInterval(String time) {
        interval = Elapsed.parse(FILE + "interval", time);
    }

    /** @param count number of alerts of one kind from which they are grouped, at least 2 */
    public void setGroupFrom(String count) {
        groupFrom = atLeast(2, "groupFrom", count);
    }

    /** @param time time after which a critical alert is notified again, such as {@code 4h}; zero for never */
    public void setRepeatCritical(String time) {
        repeatCritical = Elapsed.parse(FILE + "repeatCritical", time);
    }

    /** @param time time after which a warning is notified again, such as {@code 1d}; zero for never */
    public void setRepeatWarning(String time) {
        repeatWarning = Elapsed.parse(FILE + "repeatWarning", time);
    }

    /** @param count number of occurrences within the window that counts as flapping, at least 2 */
    public void setFlaps(String count) {
        flaps = atLeast(2, "flaps", count);
    }

    /** @param time window in which occurrences are counted, such as {@code 30m} */
    public void setFlapWindow(String time) {
        flapWindow = Elapsed.parse(FILE + "flapWindow", time);
    }

    /** @param time time without a change after which flapping ends, such as {@code 10m} */
    public void setCalm(String time) {
        calm = Elapsed.parse(FILE + "calm", time);
    }

    /** @param time time that a consequence may need to resolve after its cause, such as {@code 2m} */
    public void setSettle(String time) {
        settle = Elapsed.parse(FILE + "settle", time);
    }

    /**
     * @param lines lines of a cause's kind and the kinds that follow from it, such as {@code postgres-down:
     *     service-down, backup-failed}
     */
    public void setConsequences(String lines) {
        Map<String, Set<String>> read = new TreeMap<>();
        for (String line :
                lines.lines().map(String::strip).filter(text -> !text.isEmpty()).toList()) {
            int colon = line.indexOf(':');
            if (colon < 1) {
                throw new IllegalArgumentException(FILE + "consequences has the line '" + line
                        + "': write the cause's kind, a colon and the kinds that follow, such as"
                        + " postgres-down: service-down, backup-failed");
            }
            Set<String> kinds = Stream.of(line.substring(colon + 1).strip().split("[,\\s]+", -1))
                    .map(AlertKinds::current)
                    .collect(Collectors.toCollection(HashSet::new));
            read.merge(AlertKinds.current(line.substring(0, colon).strip()), kinds, (one, other) -> {
                one.addAll(other);
                return one;
            });
        }
        consequences = read;
    }

    /** @param hours periods without notifications, such as {@code Sun 03:00-05:00; 01:00-01:30}; empty for none */
    public void setQuiet(String hours) {
        quiet = QuietHours.parse(FILE + "quiet", hours);
    }

    private static int atLeast(int least, String name, String count) {
        if (!count.strip().matches("\\d{1,9}") || Integer.parseInt(count.strip()) < least) {
            throw new IllegalArgumentException(
                    FILE + name + " is '" + count.strip() + "': write a whole number of at least " + least);
        }
        return Integer.parseInt(count.strip());
    }

    /**
     * Notifications that are due, and alerts that need none.
     *
     * @param due due notifications, in the order of events
     * @param settled alerts without need of a notification, such as those that began and resolved while they were muted
     */
    record Decision(List<DueNotification> due, List<Alert> settled) {}

    /**
     * @param pages alerts, including resolved ones that are still kept
     * @param inHand keys of the alerts with a notification on its way to the outbox
     * @param lastNotified time of the last notification, by {@link #lane}
     * @param zone time zone of the quiet hours
     */
    Decision decide(
            Collection<Alert> pages,
            Collection<Silence> silences,
            Set<String> inHand,
            Map<String, Instant> lastNotified,
            ZoneId zone,
            Instant now) {
        Map<String, List<DueNotification>> lanes = new LinkedHashMap<>();
        List<Alert> settled = new ArrayList<>();
        boolean hush = quiet.contains(now.atZone(zone));
        for (Alert page :
                pages.stream().sorted(Comparator.comparing(Alert::changedAt)).toList()) {
            Optional<DueNotification.News> news = inHand.contains(page.key()) ? Optional.empty() : news(page, now);
            if (news.isEmpty()) {
                continue;
            }
            if (news.get() == DueNotification.News.OVER && page.severity() == Severity.INFO) {
                // The end of an informational alert needs no notification.
                settled.add(page);
                continue;
            }
            boolean silent = hush || silences.stream().anyMatch(silence -> silence.covers(page, now));
            boolean muted = silent || follows(page, pages, now);
            if (muted && news.get() == DueNotification.News.PASSED) {
                settled.add(page);
            } else if (!muted) {
                DueNotification notification = new DueNotification(news.get(), List.of(page));
                lanes.computeIfAbsent(lane(notification), lane -> new ArrayList<>())
                        .add(notification);
            }
        }
        List<DueNotification> due = new ArrayList<>();
        lanes.forEach((lane, waiting) -> {
            boolean ripe = waiting.stream().anyMatch(one -> isRipe(one, now));
            boolean justNotified =
                    lastNotified.containsKey(lane) && !isPast(lastNotified.get(lane), interval, now) && !wait.isZero();
            if (ripe && !justNotified) {
                due.addAll(grouped(waiting));
            }
        });
        return new Decision(due, settled);
    }

    /** Returns the key by which notifications are grouped and limited to one per interval. */
    static String lane(DueNotification notification) {
        Alert first = notification.alerts().get(0);
        return first.kind() + " " + first.severity().word() + " "
                + (notification.isOver() ? "over" : notification.news());
    }

    /** Returns the time for which a resolved and notified alert is kept: flap detection needs it. */
    Duration kept() {
        return flapWindow;
    }

    private boolean isRipe(DueNotification notification, Instant now) {
        return notification.news() == DueNotification.News.STILL
                || notification.news() == DueNotification.News.FLAPPING
                || isPast(notification.alerts().get(0).changedAt(), wait, now);
    }

    /**
     * Returns whether {@code span} has passed since {@code at}. A time at least as far in the future also counts as
     * past: it was written before the clock was set back, and must not delay any notification until then.
     */
    static boolean isPast(Instant at, Duration span, Instant now) {
        return Duration.between(at, now).abs().compareTo(span) >= 0;
    }

    private List<DueNotification> grouped(List<DueNotification> waiting) {
        if (waiting.size() < groupFrom) {
            return waiting;
        }
        // "Passed" is true only if every alert passed before it was notified. Otherwise the group counts as resolved.
        DueNotification.News news = waiting.stream()
                .map(DueNotification::news)
                .filter(one -> one != DueNotification.News.PASSED)
                .findFirst()
                .orElse(DueNotification.News.PASSED);
        return List.of(new DueNotification(
                news, waiting.stream().flatMap(one -> one.alerts().stream()).toList()));
    }

    /** Returns the difference between the alert's state and the state that was last notified. */
    private Optional<DueNotification.News> news(Alert page, Instant now) {
        Alert.Heard heard = page.heard();
        if (heard != null && heard.flapping()) {
            if (!isPast(page.changedAt(), calm, now)) {
                return Optional.empty();
            }
        } else if (isFlapping(page, now)) {
            return Optional.of(DueNotification.News.FLAPPING);
        }
        if (heard == null) {
            return page.isFiring()
                    ? Optional.of(DueNotification.News.BEGAN)
                    : page.isPast() ? Optional.empty() : Optional.of(DueNotification.News.PASSED);
        }
        if (!page.isFiring()) {
            return Optional.of(DueNotification.News.OVER);
        }
        if (page.severity().compareTo(heard.severity()) > 0) {
            return Optional.of(DueNotification.News.WORSE);
        }
        Duration repeat = switch (page.severity()) {
            case CRITICAL -> repeatCritical;
            case WARNING -> repeatWarning;
            case INFO -> Duration.ZERO;
        };
        boolean again = !repeat.isZero() && isPast(heard.at(), repeat, now);
        return again ? Optional.of(DueNotification.News.STILL) : Optional.empty();
    }

    private boolean isFlapping(Alert page, Instant now) {
        return page.severity() != Severity.INFO
                && page.begun().stream()
                                .filter(at -> !isPast(at, flapWindow, now))
                                .count()
                        >= flaps;
    }

    /** Returns whether the alert is a consequence of another alert that fires or has resolved just now. */
    private boolean follows(Alert page, Collection<Alert> pages, Instant now) {
        return pages.stream()
                .filter(cause ->
                        consequences.getOrDefault(cause.kind(), Set.of()).contains(page.kind()))
                .filter(cause -> !cause.key().equals(page.key()))
                .filter(cause -> !page.since().isBefore(cause.since().minus(SEEN_BEFORE)))
                .anyMatch(cause -> cause.isFiring() || isJustOver(cause, page, now));
    }

    private boolean isJustOver(Alert cause, Alert page, Instant now) {
        Alert.Over over = cause.over();
        return over != null && !isPast(over.at(), settle, now) && !page.since().isAfter(over.at());
    }
}
