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
import org.pgsteward.model.Condition;
import org.pgsteward.model.Notice;
import org.pgsteward.model.Typing;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is firing, and what of it is news. The files in {@code <state.dir>/alerts/} are the truth, so that the daemon and
 * a command may share them and a restart forgets nothing. Where the disk is full and the room that is kept for alerts is
 * used up, the book goes on in memory. Safe for many threads.
 */
public final class AlertBook {
    private static final Logger LOG = LoggerFactory.getLogger(AlertBook.class);

    /** Who looked, where a condition does not say. */
    private static final String LOOK = "look";

    /** In whose name that is written down which concerns more than one. */
    private static final String ALL = "pgsteward";

    /** By then a notice that was going to the outbox has arrived there. */
    private static final Duration IN_HAND = Duration.ofMinutes(1);

    private static final DateTimeFormatter ID =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmssSSS'Z'").withZone(ZoneOffset.UTC);

    private final AlertStore store;
    private final NoticeText text;
    private final Clock clock;
    private final Silences silences;
    private final ZoneId zone;
    private final Typing typing;

    /** What is on its way to the outbox, by the notice's id. */
    private final Map<String, Hand> handed = new HashMap<>();

    /** When something was told last, by what it is told together with. */
    private final Map<String, Instant> lastTold = new HashMap<>();

    /** What the disk refused to take; empty values are removals. */
    private final Map<String, Optional<Alert>> unsaved = new HashMap<>();

    /**
     * @param stateDir {@code pgsteward.state.dir}
     * @param zone in which notices give times, and quiet hours are
     * @param typing how remedies are typed by those who are told
     */
    public AlertBook(Path stateDir, Silences silences, ObjectMapper json, Clock clock, ZoneId zone, Typing typing) {
        this.typing = typing;
        this.store = new AlertStore(stateDir.resolve("alerts"), json);
        this.text = new NoticeText(zone);
        this.silences = silences;
        this.zone = zone;
        this.clock = clock;
    }

    private record Hand(Telling telling, Instant at) {}

    /** As {@link #consider(Condition, String)}, for a subject at which only one source looks. */
    public void consider(Condition condition) {
        consider(condition, LOOK);
    }

    /**
     * Writes down how something is. Whether and when that is told is {@link #due}'s.
     *
     * @param source who looked: a subject is over only when no source says bad any more. A route may leave it out
     */
    public synchronized void consider(Condition condition, @Nullable String source) {
        if (condition.severity().isEmpty()
                && read(condition.key()).filter(Alert::isFiring).isEmpty()) {
            // Most looks find this, and need not wait for anybody's lock.
            return;
        }
        String looked = source == null || source.isBlank() ? LOOK : source;
        store.alone(() -> {
            Optional<Alert> before = read(condition.key());
            Optional<Alert> after = AlertRule.turn(before, condition.typed(typing), looked);
            if (after.isPresent() && !after.equals(before)) {
                write(after.get());
            }
        });
    }

    /**
     * What people are to be told now, as {@code rule} sees it. What {@link #told} does not confirm within a minute, and
     * what a process that ended was about to tell, comes again.
     */
    public synchronized List<Notice> due(TellingRule rule) {
        Instant now = clock.instant();
        handed.values().removeIf(hand -> TellingRule.isPast(hand.at(), IN_HAND, now));
        Set<String> inHand = new HashSet<>();
        handed.values().forEach(hand -> hand.telling().alerts().forEach(alert -> inHand.add(alert.key())));
        List<Notice> notices = new ArrayList<>();
        store.alone(() -> {
            saveAgain();
            store.keepReserve();
            List<Alert> pages = all();
            TellingRule.Decision decision = rule.decide(pages, silences.active(), inHand, lastTold, zone, now);
            for (Alert page : decision.settled()) {
                LOG.info("{} {} is over and was not told", page.service(), page.kind());
                write(page.endHeard(page.over()));
            }
            for (Telling telling : decision.tellings()) {
                String id = id(telling);
                handed.put(id, new Hand(telling, now));
                notices.add(text.of(id, telling, now));
            }
            for (Alert page : pages) {
                if (page.isPast() && page.changedAt().plus(rule.kept()).isBefore(now)) {
                    remove(page);
                }
            }
        });
        return notices;
    }

    /** The same for the same news, so that what is told again after a kill can be known by it. */
    private static String id(Telling telling) {
        Instant latest = telling.alerts().stream()
                .flatMap(alert -> Stream.of(alert.changedAt(), alert.heardAt()))
                .max(Comparator.naturalOrder())
                .orElse(Instant.EPOCH);
        // Of what makes it this news and no other; figures change with every look.
        String news = telling.alerts().stream()
                .map(alert -> alert.key() + alert.since() + alert.severity() + alert.changedAt() + alert.heardAt())
                .collect(Collectors.joining("\n", telling.news() + "\n", ""));
        UUID hash = UUID.nameUUIDFromBytes(news.getBytes(StandardCharsets.UTF_8));
        return ID.format(latest) + "-" + hash.toString().substring(0, 8);
    }

    /** The notice is in the outbox: people have heard it. */
    public synchronized void told(Notice notice) {
        Hand hand = handed.remove(notice.id());
        if (hand == null) {
            return;
        }
        Telling telling = hand.telling();
        Instant now = clock.instant();
        lastTold.put(TellingRule.lane(telling), now);
        store.alone(() -> {
            for (Alert told : telling.alerts()) {
                Alert page = read(told.key()).orElse(told);
                boolean flapping = telling.news() == Telling.News.FLAPPING;
                write(
                        telling.isOver()
                                ? page.endHeard(told.over())
                                : page.heard(new Alert.Heard(told.severity(), now, flapping)));
            }
        });
    }

    /** What is written down of a notice: that it was told, and of whom. */
    public Activity activity(Notice notice) {
        List<String> services = NoticeText.services(notice);
        String whose = services.size() == 1 ? notice.service() : ALL;
        String of = services.size() == 1 ? "" : " of " + services.size() + " services";
        return Activity.ours(
                whose,
                "alert " + notice.state() + ": " + notice.severity() + " " + notice.kind() + of,
                clock.instant());
    }

    /** What is firing now, told or not. */
    public synchronized List<Alert> firing() {
        return all().stream().filter(Alert::isFiring).toList();
    }

    /** What is firing as far as people have heard. */
    public synchronized List<Alert> heard() {
        return all().stream()
                .filter(alert -> alert.isFiring() && alert.heard() != null)
                .toList();
    }

    private List<Alert> all() {
        Map<String, Alert> alerts = new java.util.TreeMap<>();
        try {
            store.all().forEach(alert -> alerts.put(alert.key(), alert));
        } catch (IOException refused) {
            LOG.warn("the alerts in the state folder cannot be read: {}", refused.toString());
        }
        unsaved.forEach((key, alert) -> alert.ifPresentOrElse(page -> alerts.put(key, page), () -> alerts.remove(key)));
        return List.copyOf(alerts.values());
    }

    private Optional<Alert> read(String key) {
        Optional<Alert> kept = unsaved.get(key);
        if (kept != null) {
            return kept;
        }
        try {
            return store.read(key);
        } catch (IOException refused) {
            LOG.warn(
                    "the alert {} cannot be read and counts as not firing: {}",
                    OneLine.of(key, 120),
                    refused.toString());
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

    /** The disk may have room again. What another process has written since is newer. */
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
                LOG.debug("the alert {} is still in memory only: {}", OneLine.of(key, 120), refused.toString());
            }
        });
    }

    private void keep(String key, Optional<Alert> alert, IOException refused) {
        if (unsaved.put(key, alert) == null) {
            LOG.warn(
                    "the alert {} is kept in memory only, a restart would tell it again: {}; look at the disk of the"
                            + " state folder",
                    OneLine.of(key, 120),
                    refused.toString());
        }
    }
}
