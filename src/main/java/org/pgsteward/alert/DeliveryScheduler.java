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
import org.pgsteward.model.Notification;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Delivery of one receiver's notifications. Each is retried until the receiver acknowledges it; notifications about one
 * subject keep their order. The class has no thread and never sleeps: it returns the delay until the next call. Not
 * thread-safe.
 *
 * <ol>
 *   <li>The oldest notification goes first. If the receiver is unavailable, all wait: the delay doubles each time, or
 *       is the one that the receiver asked for.
 *   <li>A notification that the receiver refuses (a wrong token, a bad message) is retried ever more slowly, and never
 *       dropped. The fault may lie in that notification, so at first only later ones about its subject wait behind it.
 *       If the next notification, about another subject, is refused too, the fault is the receiver's, and all wait.
 * </ol>
 */
public final class DeliveryScheduler {
    private static final Logger LOG = LoggerFactory.getLogger(DeliveryScheduler.class);

    /**
     * Longest delay between two checks of the outbox. A command may have added a notification from its own process,
     * which gives no signal here.
     */
    private static final Duration LOOK_AGAIN = Duration.ofSeconds(30);

    /** Delays up to this length are not mentioned in the notification. */
    private static final Duration IN_TIME = Duration.ofMinutes(1);

    /** Upper limit of the delay that a receiver may ask for. */
    private static final Duration LONGEST_REST = Duration.ofDays(1);

    /** Delay for a notification that became due just after the check. */
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
     * @param rests delays after a failure and after a refusal
     * @param fallbacks order of the fallback receivers, and the time after which a receiver counts as failing
     * @param report takes conditions about this receiver; must not throw
     */
    public DeliveryScheduler(
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
     * Delays before the next delivery to a receiver.
     *
     * @param failed delay after the receiver was unavailable
     * @param refused delay after the receiver refused a notification
     */
    public record Rests(Backoff failed, Backoff refused) {
        /** Delays of 5 seconds to 5 minutes after a failure, and of 5 minutes to 6 hours after a refusal. */
        public static final Rests USUAL =
                new Rests(Backoff.USUAL, new Backoff(Duration.ofMinutes(5), Duration.ofHours(6)));
    }

    /**
     * @param own whether the notification itself is at fault, because the receiver took another one after refusing it
     */
    private record Refusal(int times, Instant again, boolean own) {}

    /** Returns whether deliveries have failed, or one delivery has hung, for longer than the fallback time. */
    public boolean isFailing() {
        return watch.isFailing();
    }

    /** Returns the failure of the receiver; empty while its deliveries succeed. */
    public Optional<FailingReceiver> failing() {
        return watch.failing();
    }

    /** Delivers all due notifications. Returns the delay until the next call, unless a notification is added before. */
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
     * Returns the next notification to try. It must be due, and no earlier one about its subject may wait. The least
     * refused goes first, then the oldest, so that bad notifications at the head do not block the rest.
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

    /** Returns the subjects of a notification; several if it covers several services. */
    private static List<String> subjects(Notification notice) {
        return NotificationText.services(notice).stream()
                .map(service -> notice.kind() + ":" + service)
                .toList();
    }

    private Duration deliver(Outbox.Entry entry) {
        Duration delay = Duration.between(entry.putAt(), clock.instant());
        Notification notice = delay.compareTo(IN_TIME) > 0
                ? NotificationText.late(entry.notice(), delay, why(entry.putAt()))
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
            LOG.info("receiver {} accepts notifications again after {} failed attempts", receiver, failures);
            recovered = clock.instant();
        }
        failures = 0;
        refusedInARow = 0;
        refusals.replaceAll((file, refusal) -> new Refusal(refusal.times(), refusal.again(), true));
        return Duration.ZERO;
    }

    private String why(Instant putAt) {
        return failures > 0 || putAt.isBefore(recovered)
                ? "the receiver was unreachable"
                : "pgsteward or the receiver was unavailable";
    }

    private Duration failed(Outbox.Entry entry, Sender.NotTaken refusal) {
        failures++;
        refusedInARow = 0;
        Duration wait = rests.failed().after(failures);
        if (refusal.notBefore().compareTo(wait) > 0) {
            wait = refusal.notBefore().compareTo(LONGEST_REST) < 0 ? refusal.notBefore() : LONGEST_REST;
        }
        say("did not accept", entry, failures, refusal, wait);
        return rest(wait);
    }

    private Duration refused(Outbox.Entry entry, Sender.NotTaken refusal) {
        Refusal before = refusals.getOrDefault(entry.file(), NEVER);
        int times = before.times() + 1;
        Duration wait = rests.refused().after(times);
        refusals.put(entry.file(), new Refusal(times, clock.instant().plus(wait), before.own()));
        say("refused", entry, times, refusal, wait);
        failures++;
        refusedInARow++;
        return refusedInARow < REFUSALS_OF_THE_RECEIVER
                ? Duration.ZERO
                : rest(rests.refused().after(refusedInARow - 1));
    }

    private void say(String what, Outbox.Entry entry, int tries, Sender.NotTaken refusal, Duration wait) {
        LOG.warn(
                "receiver {} {} '{}' ({} waiting, attempt {}): {}; next attempt in {} s",
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

    /** Returns the rest of the current delay. If the clock was set back, the delay ends at once instead of growing. */
    private Duration remaining() {
        if (failures == 0 || notBefore.equals(Instant.MIN)) {
            return Duration.ZERO;
        }
        Duration left = Duration.between(clock.instant(), notBefore);
        return left.isNegative() || left.compareTo(rest) > 0 ? Duration.ZERO : left;
    }
}
