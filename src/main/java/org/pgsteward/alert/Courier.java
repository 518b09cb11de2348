package org.pgsteward.alert;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.pgsteward.model.Notice;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries one receiver's notices to it, in order, each until it is taken. Knows no thread of its own and waits for
 * nothing: it says when to call it again. To be called by one thread at a time.
 */
public final class Courier {
    private static final Logger LOG = LoggerFactory.getLogger(Courier.class);

    /** Also without a word from the outbox: a command may have put something from its own process. */
    private static final Duration LOOK_AGAIN = Duration.ofSeconds(30);

    /** Up to here nobody would notice, and a sentence about it would be noise. */
    private static final Duration IN_TIME = Duration.ofMinutes(1);

    private final String receiver;
    private final Outbox outbox;
    private final Sender sender;
    private final Clock clock;
    private final Backoff backoff;
    private int failures;
    private Instant notBefore = Instant.MIN;

    public Courier(String receiver, Outbox outbox, Sender sender, Clock clock, Backoff backoff) {
        this.receiver = receiver;
        this.outbox = outbox;
        this.sender = sender;
        this.clock = clock;
        this.backoff = backoff;
    }

    /** Delivers what can be delivered now and says after how long to come again, if nothing is put before. */
    public Duration deliver() {
        Duration wait = remaining();
        while (wait.isZero() && !Thread.currentThread().isInterrupted()) {
            Optional<Outbox.Entry> entry = outbox.oldest(receiver);
            if (entry.isEmpty()) {
                return LOOK_AGAIN;
            }
            wait = deliver(entry.get());
        }
        return wait;
    }

    private Duration deliver(Outbox.Entry entry) {
        Duration delay = Duration.between(entry.putAt(), clock.instant());
        Notice notice = delay.compareTo(IN_TIME) > 0 ? NoticeText.late(entry.notice(), delay) : entry.notice();
        try {
            sender.send(receiver, notice);
        } catch (Sender.NotTaken refusal) {
            return failed(entry, refusal);
        }
        outbox.taken(entry);
        if (failures > 0) {
            LOG.info("{} takes notices again, after {} failed tries", receiver, failures);
        }
        failures = 0;
        return Duration.ZERO;
    }

    private Duration failed(Outbox.Entry entry, Sender.NotTaken refusal) {
        failures++;
        Duration wait = backoff.after(failures);
        notBefore = clock.instant().plus(wait);
        LOG.warn(
                "{} did not take '{}' ({} waiting, try {}): {}; next try in {} s",
                receiver,
                entry.notice().title(),
                outbox.depth(receiver),
                failures,
                refusal.getMessage(),
                wait.toSeconds());
        return wait;
    }

    /** A clock that was set back must not make it wait longer than it ever would. */
    private Duration remaining() {
        if (failures == 0) {
            return Duration.ZERO;
        }
        Duration left = Duration.between(clock.instant(), notBefore);
        return left.isNegative() || left.compareTo(backoff.most()) > 0 ? Duration.ZERO : left;
    }
}
