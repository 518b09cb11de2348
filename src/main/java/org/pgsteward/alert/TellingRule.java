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
import org.pgsteward.model.Elapsed;
import org.pgsteward.model.Severity;

/**
 * When people are told what is in the book. Made with its settings in {@code alerts.camel.yaml}; the judging is pure.
 *
 * <ol>
 *   <li>News waits a little: what ends meanwhile is told once, as over, and what is alike is told as one.
 *   <li>What follows from something else that fires is not told while that does. It is told some minutes after, if it
 *       lasts; so is what began in a silence or in quiet hours.
 *   <li>What comes and goes is told as that, once, and then nothing of it until it has kept still.
 *   <li>What still fires is told again after its time.
 * </ol>
 */
public final class TellingRule {
    /** Where its settings stand, for messages. */
    private static final String FILE = "alerts.camel.yaml: ";

    /** A consequence may be seen a little before its cause is. */
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

    /** @param time that news waits for what is like it, such as {@code 10s}; zero tells each at once */
    public void setWait(String time) {
        wait = Elapsed.parse(FILE + "wait", time);
    }

    /** @param time between two messages of one kind, such as {@code 1m} */
    public void setInterval(String time) {
        interval = Elapsed.parse(FILE + "interval", time);
    }

    /** @param count from which alerts of one kind are told as one, at least 2 */
    public void setGroupFrom(String count) {
        groupFrom = atLeast(2, "groupFrom", count);
    }

    /** @param time after which what is critical is told again, such as {@code 4h}; zero never does */
    public void setRepeatCritical(String time) {
        repeatCritical = Elapsed.parse(FILE + "repeatCritical", time);
    }

    /** @param time after which a warning is told again, such as {@code 1d}; zero never does */
    public void setRepeatWarning(String time) {
        repeatWarning = Elapsed.parse(FILE + "repeatWarning", time);
    }

    /** @param count of beginnings within the window that are flapping, at least 2 */
    public void setFlaps(String count) {
        flaps = atLeast(2, "flaps", count);
    }

    /** @param time within which beginnings are counted, such as {@code 30m} */
    public void setFlapWindow(String time) {
        flapWindow = Elapsed.parse(FILE + "flapWindow", time);
    }

    /** @param time without a change after which flapping is past, such as {@code 10m} */
    public void setCalm(String time) {
        calm = Elapsed.parse(FILE + "calm", time);
    }

    /** @param time that a consequence may take to end after its cause, such as {@code 2m} */
    public void setSettle(String time) {
        settle = Elapsed.parse(FILE + "settle", time);
    }

    /** @param lines such as {@code postgres-down: service-down, backup-failed}: the cause's kind, and what follows from it */
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
            Set<String> kinds =
                    new HashSet<>(List.of(line.substring(colon + 1).strip().split("[,\\s]+", -1)));
            read.merge(line.substring(0, colon).strip(), kinds, (one, other) -> {
                one.addAll(other);
                return one;
            });
        }
        consequences = read;
    }

    /** @param hours such as {@code Sun 03:00-05:00; 01:00-01:30}, in which nothing is told; empty for none */
    public void setQuiet(String hours) {
        quiet = QuietHours.parse(FILE + "quiet", hours);
    }

    private static int atLeast(int least, String name, String count) {
        if (!count.strip().matches("\\d{1,9}") || Integer.parseInt(count.strip()) < least) {
            throw new IllegalArgumentException(
                    FILE + name + " is '" + count.strip() + "', not a whole number from " + least + " on");
        }
        return Integer.parseInt(count.strip());
    }

    /**
     * What is to be told, and what need not be.
     *
     * @param tellings now, in the order in which it happened
     * @param settled pages whose news nobody needs: it began and ended while nothing was to be told of it
     */
    record Decision(List<Telling> tellings, List<Alert> settled) {}

    /**
     * @param pages of the book, those that are over and not forgotten yet among them
     * @param inHand keys of those that are being told just now
     * @param lastTold when something of a kind was told last, by {@link #lane}
     * @param zone that quiet hours are in
     */
    Decision decide(
            Collection<Alert> pages,
            Collection<Silence> silences,
            Set<String> inHand,
            Map<String, Instant> lastTold,
            ZoneId zone,
            Instant now) {
        Map<String, List<Telling>> lanes = new LinkedHashMap<>();
        List<Alert> settled = new ArrayList<>();
        boolean hush = quiet.contains(now.atZone(zone));
        for (Alert page :
                pages.stream().sorted(Comparator.comparing(Alert::changedAt)).toList()) {
            Optional<Telling.News> news = inHand.contains(page.key()) ? Optional.empty() : news(page, now);
            if (news.isEmpty()) {
                continue;
            }
            if (news.get() == Telling.News.OVER && page.severity() == Severity.INFO) {
                // Whoever was only informed waits for no end.
                settled.add(page);
                continue;
            }
            boolean silent = hush || silences.stream().anyMatch(silence -> silence.covers(page, now));
            boolean muted = silent || follows(page, pages, now);
            if (muted && news.get() == Telling.News.PASSED) {
                settled.add(page);
            } else if (!muted) {
                Telling telling = new Telling(news.get(), List.of(page));
                lanes.computeIfAbsent(lane(telling), lane -> new ArrayList<>()).add(telling);
            }
        }
        List<Telling> tellings = new ArrayList<>();
        lanes.forEach((lane, waiting) -> {
            boolean ripe = waiting.stream().anyMatch(one -> isRipe(one, now));
            boolean justTold =
                    lastTold.containsKey(lane) && !isPast(lastTold.get(lane), interval, now) && !wait.isZero();
            if (ripe && !justTold) {
                tellings.addAll(grouped(waiting));
            }
        });
        return new Decision(tellings, settled);
    }

    /** What is told together, and not more often than once an interval. */
    static String lane(Telling telling) {
        Alert first = telling.alerts().get(0);
        return first.kind() + " " + first.severity().word() + " " + (telling.isOver() ? "over" : telling.news());
    }

    /** How long a page is kept that is over and of which everybody has heard: flapping is told from it. */
    Duration kept() {
        return flapWindow;
    }

    private boolean isRipe(Telling telling, Instant now) {
        return telling.news() == Telling.News.STILL
                || telling.news() == Telling.News.FLAPPING
                || isPast(telling.alerts().get(0).changedAt(), wait, now);
    }

    /**
     * Whether {@code span} has gone by since {@code at}. What lies as far ahead was written before the clock was set back,
     * and is not to hold anything until that time comes again.
     */
    static boolean isPast(Instant at, Duration span, Instant now) {
        return Duration.between(at, now).abs().compareTo(span) >= 0;
    }

    private List<Telling> grouped(List<Telling> waiting) {
        if (waiting.size() < groupFrom) {
            return waiting;
        }
        // That all of them passed unheard is a milder word than that they are over, and only true of all.
        Telling.News news = waiting.stream()
                .map(Telling::news)
                .filter(one -> one != Telling.News.PASSED)
                .findFirst()
                .orElse(Telling.News.PASSED);
        return List.of(new Telling(
                news, waiting.stream().flatMap(one -> one.alerts().stream()).toList()));
    }

    /** The difference between how it is and what was heard. */
    private Optional<Telling.News> news(Alert page, Instant now) {
        Alert.Heard heard = page.heard();
        if (heard != null && heard.flapping()) {
            if (!isPast(page.changedAt(), calm, now)) {
                return Optional.empty();
            }
        } else if (isFlapping(page, now)) {
            return Optional.of(Telling.News.FLAPPING);
        }
        if (heard == null) {
            return page.isFiring()
                    ? Optional.of(Telling.News.BEGAN)
                    : page.isPast() ? Optional.empty() : Optional.of(Telling.News.PASSED);
        }
        if (!page.isFiring()) {
            return Optional.of(Telling.News.OVER);
        }
        if (page.severity().compareTo(heard.severity()) > 0) {
            return Optional.of(Telling.News.WORSE);
        }
        Duration repeat = switch (page.severity()) {
            case CRITICAL -> repeatCritical;
            case WARNING -> repeatWarning;
            case INFO -> Duration.ZERO;
        };
        boolean again = !repeat.isZero() && isPast(heard.at(), repeat, now);
        return again ? Optional.of(Telling.News.STILL) : Optional.empty();
    }

    private boolean isFlapping(Alert page, Instant now) {
        return page.severity() != Severity.INFO
                && page.begun().stream()
                                .filter(at -> !isPast(at, flapWindow, now))
                                .count()
                        >= flaps;
    }

    /** Whether it follows from another one that fires, or did until just now. */
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
