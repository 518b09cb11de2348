package org.pgsteward.alert;

import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Notice;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries one receiver's notices to it, each until it is taken, those of one subject in order. Knows no thread of its own
 * and waits for nothing: it says when to call it again. To be called by one thread at a time.
 *
 * <ol>
 *   <li>The oldest goes first. If the receiver cannot take it now, all wait: twice as long each time, or as long as it
 *       asked for.
 *   <li>A notice that it refuses as it is (a wrong token, a wrong message) is tried again ever more slowly, and never
 *       dropped. Behind it only those of its subject wait, as the fault may be its own; when the next of another subject is
 *       refused too, the fault is the receiver's, and all wait.
 * </ol>
 */
public final class Courier {
    private static final Logger LOG = LoggerFactory.getLogger(Courier.class);

    /** Also without a word from the outbox: a command may have put something from its own process. */
    private static final Duration LOOK_AGAIN = Duration.ofSeconds(30);

    /** Up to here nobody would notice, and a sentence about it would be noise. */
    private static final Duration IN_TIME = Duration.ofMinutes(1);

    /** Whoever asks to be left alone for longer is asked again all the same. */
    private static final Duration LONGEST_REST = Duration.ofDays(1);

    /** Its time came just after it was looked at. */
    private static final Duration SOON = Duration.ofMillis(50);

    private static final int REFUSALS_OF_THE_RECEIVER = 2;

    private static final Refusal NEVER = new Refusal(0, Instant.MIN, false);

    private final String receiver;
    private final Outbox outbox;
    private final Sender sender;
    private final Clock clock;
    private final Rests rests;
    private final Fallbacks fallbacks;
    private final Duration look;
    private final TakeOver takeOver;
    private final ReceiverWatch watch;
    private final Map<Path, Refusal> refusals = new HashMap<>();
    private int failures;
    private int refusedInARow;
    private Instant notBefore = Instant.MIN;
    private Duration rest = Duration.ZERO;
    private Instant recovered = Instant.MIN;

    /**
     * @param rests how long it is left alone after a failure, and after a refusal
     * @param fallbacks after how long it counts as failing, and whose notices it takes over
     * @param report is handed what is to be told about this receiver; must not throw
     */
    public Courier(
            String receiver,
            Outbox outbox,
            Sender sender,
            Clock clock,
            Rests rests,
            Fallbacks fallbacks,
            Consumer<Condition> report) {
        this.receiver = receiver;
        this.outbox = outbox;
        this.sender = sender;
        this.clock = clock;
        this.rests = rests;
        this.fallbacks = fallbacks;
        this.look = fallbacks.after().compareTo(LOOK_AGAIN.multipliedBy(2)) < 0
                ? fallbacks.after().dividedBy(2)
                : LOOK_AGAIN;
        this.takeOver = new TakeOver(outbox, clock);
        this.watch = new ReceiverWatch(receiver, fallbacks.after(), clock, report);
    }

    /**
     * How long to leave a receiver alone.
     *
     * @param failed that could not take something
     * @param refused that will not take something
     */
    public record Rests(Backoff failed, Backoff refused) {
        /** 5 seconds to 5 minutes, and 5 minutes to 6 hours. */
        public static final Rests USUAL =
                new Rests(Backoff.USUAL, new Backoff(Duration.ofMinutes(5), Duration.ofHours(6)));
    }

    /** @param own whether the fault is the notice's, since another was taken after it was refused */
    private record Refusal(int times, Instant again, boolean own) {}

    /** Whether it has taken nothing for long although there was something, or a send does not come to an end. */
    public boolean isFailing() {
        return watch.isFailing();
    }

    /** Returns since when the receiver has taken nothing; empty while it takes what it is given. */
    public Optional<FailingReceiver> failing() {
        return watch.failing();
    }

    /** Delivers what can be delivered now and says after how long to come again, if nothing is put before. */
    public Duration deliver() {
        watch.look();
        if (fallbacks.order().contains(receiver)) {
            takeOver.by(receiver, fallbacks.before(receiver, outbox.known(), outbox.here()), fallbacks.after());
        }
        Duration wait = remaining();
        while (wait.isZero() && !Thread.currentThread().isInterrupted()) {
            Optional<Outbox.Entry> entry = next();
            if (entry.isEmpty()) {
                wait = untilOneMayBeTriedAgain();
            } else {
                wait = deliver(entry.get());
            }
        }
        return wait.compareTo(look) < 0 ? wait : look;
    }

    /**
     * Of those whose time it is and before which none of their subject waits, the one that was refused least often, and
     * among equals the oldest: wrong ones at the head do not keep the rest from being tried.
     */
    private Optional<Outbox.Entry> next() {
        List<Path> files = outbox.waiting(receiver);
        refusals.keySet().retainAll(files);
        Set<String> held = new HashSet<>();
        Outbox.@Nullable Entry best = null;
        int fewest = Integer.MAX_VALUE;
        for (Path file : files) {
            Optional<Outbox.Entry> entry = outbox.read(file);
            if (entry.isEmpty()) {
                continue;
            }
            Refusal refusal = refusals.getOrDefault(file, NEVER);
            boolean due = !refusal.again().isAfter(clock.instant());
            List<String> subjects = subjects(entry.get().notice());
            boolean first = Collections.disjoint(held, subjects);
            held.addAll(subjects);
            if (first && due && refusal.times() < fewest) {
                best = entry.get();
                fewest = refusal.times();
            }
            if (fewest == 0) {
                break;
            }
        }
        return Optional.ofNullable(best);
    }

    private Duration untilOneMayBeTriedAgain() {
        return refusals.values().stream()
                .map(refusal -> Duration.between(clock.instant(), refusal.again()))
                .min(Comparator.naturalOrder())
                .map(wait -> wait.compareTo(SOON) < 0 ? SOON : wait)
                .filter(wait -> wait.compareTo(look) < 0)
                .orElse(look);
    }

    /** Several, where one message is about several services. */
    private static List<String> subjects(Notice notice) {
        return NoticeText.services(notice).stream()
                .map(service -> notice.kind() + ":" + service)
                .toList();
    }

    private Duration deliver(Outbox.Entry entry) {
        Duration delay = Duration.between(entry.putAt(), clock.instant());
        Notice notice = delay.compareTo(IN_TIME) > 0
                ? NoticeText.late(entry.notice(), delay, why(entry.putAt()))
                : entry.notice();
        watch.begins();
        try {
            sender.send(receiver, notice);
        } catch (Sender.NotTaken refusal) {
            if (refusals.getOrDefault(entry.file(), NEVER).own()) {
                watch.ended();
            } else {
                watch.failed(refusal, outbox.depth(receiver));
            }
            return refusal.isRefused() ? refused(entry, refusal) : failed(entry, refusal);
        }
        outbox.taken(entry);
        watch.taken();
        if (failures > 0) {
            LOG.info("{} takes notices again, after {} failed tries", receiver, failures);
            recovered = clock.instant();
        }
        failures = 0;
        refusedInARow = 0;
        refusals.replaceAll((file, refusal) -> new Refusal(refusal.times(), refusal.again(), true));
        return Duration.ZERO;
    }

    private String why(Instant putAt) {
        return failures > 0 || putAt.isBefore(recovered)
                ? "the receiver could not be reached"
                : "it waited for pgsteward, or for the receiver";
    }

    private Duration failed(Outbox.Entry entry, Sender.NotTaken refusal) {
        failures++;
        refusedInARow = 0;
        Duration wait = rests.failed().after(failures);
        if (refusal.notBefore().compareTo(wait) > 0) {
            wait = refusal.notBefore().compareTo(LONGEST_REST) < 0 ? refusal.notBefore() : LONGEST_REST;
        }
        say("did not take", entry, failures, refusal, wait);
        return rest(wait);
    }

    private Duration refused(Outbox.Entry entry, Sender.NotTaken refusal) {
        Refusal before = refusals.getOrDefault(entry.file(), NEVER);
        int times = before.times() + 1;
        Duration wait = rests.refused().after(times);
        refusals.put(entry.file(), new Refusal(times, clock.instant().plus(wait), before.own()));
        say("refuses", entry, times, refusal, wait);
        failures++;
        refusedInARow++;
        return refusedInARow < REFUSALS_OF_THE_RECEIVER
                ? Duration.ZERO
                : rest(rests.refused().after(refusedInARow - 1));
    }

    private void say(String what, Outbox.Entry entry, int tries, Sender.NotTaken refusal, Duration wait) {
        LOG.warn(
                "{} {} '{}' ({} waiting, try {}): {}; next try in {} s",
                receiver,
                what,
                entry.notice().title(),
                outbox.depth(receiver),
                tries,
                refusal.getMessage(),
                wait.toSeconds());
    }

    private Duration rest(Duration wait) {
        rest = wait;
        notBefore = clock.instant().plus(wait);
        return wait;
    }

    /** A clock that was set back must not make it wait longer than it ever would. */
    private Duration remaining() {
        if (failures == 0 || notBefore.equals(Instant.MIN)) {
            return Duration.ZERO;
        }
        Duration left = Duration.between(clock.instant(), notBefore);
        return left.isNegative() || left.compareTo(rest) > 0 ? Duration.ZERO : left;
    }
}
