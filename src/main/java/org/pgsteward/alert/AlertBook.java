package org.pgsteward.alert;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Notice;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is firing, and what of it is news. The files in {@code <state.dir>/alerts/} are the truth, so that the daemon and
 * a command may share them and a restart forgets nothing; while the disk refuses, the book goes on in memory. Safe for
 * many threads.
 */
public final class AlertBook {
    private static final Logger LOG = LoggerFactory.getLogger(AlertBook.class);

    /** Who looked, where a condition does not say. */
    private static final String LOOK = "look";

    /** By then a notice that was going to the outbox has arrived there. */
    private static final Duration IN_HAND = Duration.ofMinutes(1);

    private static final DateTimeFormatter ID =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmssSSS'Z'").withZone(ZoneOffset.UTC);

    private final AlertStore store;
    private final NoticeText text;
    private final Clock clock;
    private final Instant opened;

    /** What the disk refused to take; empty values are removals. */
    private final Map<String, Optional<Alert>> unsaved = new HashMap<>();

    /**
     * @param stateDir {@code pgsteward.state.dir}
     * @param zone in which notices give times
     */
    public AlertBook(Path stateDir, ObjectMapper json, Clock clock, ZoneId zone) {
        this.store = new AlertStore(stateDir.resolve("alerts"), json);
        this.text = new NoticeText(zone);
        this.clock = clock;
        this.opened = clock.instant();
    }

    /** As {@link #consider(Condition, String)}, for a subject at which only one source looks. */
    public Optional<Notice> consider(Condition condition) {
        return consider(condition, LOOK);
    }

    /**
     * Whether this is news, and the notice of it if so; the end of what was only information is none. The notice is kept here until {@link #told} says that it is in
     * the outbox.
     *
     * @param source who looked: a subject is over only when no source says bad any more. A route may leave it out
     */
    public synchronized Optional<Notice> consider(Condition condition, @Nullable String source) {
        Optional<Alert> before = read(condition.key());
        AlertRule.Turn turn = AlertRule.turn(before, condition, source == null || source.isBlank() ? LOOK : source);
        if (turn.after().isEmpty() || turn.after().equals(before)) {
            return Optional.empty();
        }
        Alert after = turn.after().get();
        Instant now = clock.instant();
        String id = ID.format(now) + "-" + UUID.randomUUID().toString().substring(0, 8);
        Optional<Notice> notice = switch (turn.news()) {
            case NONE -> Optional.empty();
            case BEGAN -> Optional.of(text.firing(id, condition, after.told(), after.since(), false));
            case WORSE -> Optional.of(text.firing(id, condition, after.told(), after.since(), true));
            case OVER -> Optional.of(text.resolved(id, condition, after.told(), after.since()));
        };
        List<Alert.Untold> untold = new ArrayList<>(after.untold());
        notice.ifPresent(news -> untold.add(new Alert.Untold(news, now)));
        write(after.with(untold));
        return notice;
    }

    /** The notice is in the outbox and need not be kept here. */
    public synchronized void told(Notice notice) {
        String key = notice.kind() + ":" + notice.service();
        // The notice's names were cleaned for people, so the key is only the first guess.
        Optional<Alert> alert = read(key).filter(page -> holds(page, notice));
        alert.or(() -> all().stream().filter(page -> holds(page, notice)).findFirst())
                .ifPresent(page -> write(page.with(page.untold().stream()
                        .filter(untold -> !untold.notice().id().equals(notice.id()))
                        .toList())));
    }

    /** Notices that never reached the outbox, because the daemon ended or the disk was full just then; oldest first. */
    public synchronized List<Notice> untold() {
        Instant now = clock.instant();
        return all().stream()
                .flatMap(alert -> alert.untold().stream())
                .filter(untold -> untold.madeAt().isBefore(opened)
                        || !untold.madeAt().plus(IN_HAND).isAfter(now))
                .sorted(java.util.Comparator.comparing(Alert.Untold::madeAt))
                .map(Alert.Untold::notice)
                .toList();
    }

    /** What is firing now. */
    public synchronized List<Alert> firing() {
        return all().stream().filter(alert -> !alert.causes().isEmpty()).toList();
    }

    private static boolean holds(Alert alert, Notice notice) {
        return alert.untold().stream().anyMatch(untold -> untold.notice().id().equals(notice.id()));
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

    /** A page without cause and without anything left to tell is torn out. */
    private void write(Alert alert) {
        boolean done = alert.causes().isEmpty() && alert.untold().isEmpty();
        try {
            if (done) {
                store.remove(alert.key());
            } else {
                store.write(alert);
            }
            unsaved.remove(alert.key());
        } catch (IOException refused) {
            if (unsaved.put(alert.key(), done ? Optional.empty() : Optional.of(alert)) == null) {
                LOG.warn(
                        "the alert {} is kept in memory only, a restart would tell it again: {}; look at the disk of the"
                                + " state folder",
                        OneLine.of(alert.key(), 120),
                        refused.toString());
            }
        }
    }
}
