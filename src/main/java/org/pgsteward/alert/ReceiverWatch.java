package org.pgsteward.alert;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Elapsed;
import org.pgsteward.model.Severity;

/**
 * Whether one receiver takes what it is given. That it has not for long is said once, as a condition about it; so is that
 * it does again. May be asked by any thread.
 */
final class ReceiverWatch {
    private final String receiver;
    private final Duration after;
    private final Clock clock;
    private final Consumer<Condition> report;

    private volatile @Nullable Instant failingSince;
    private volatile @Nullable Instant sendingSince;
    private volatile String reason = "";
    private volatile int waiting;
    private boolean told;
    private boolean wellTold;

    /**
     * @param after how long it may take nothing
     * @param report is handed what is to be told; must not throw
     */
    ReceiverWatch(String receiver, Duration after, Clock clock, Consumer<Condition> report) {
        this.receiver = receiver;
        this.after = after;
        this.clock = clock;
        this.report = report;
    }

    /** Whether it has taken nothing for long although there was something, or a send does not come to an end. */
    boolean isFailing() {
        return isLong(failingSince) || isLong(sendingSince);
    }

    /** Returns since when the receiver has taken nothing; empty while it takes what it is given. */
    Optional<FailingReceiver> failing() {
        return Optional.ofNullable(failingSince).map(since -> new FailingReceiver(receiver, since, waiting, reason));
    }

    /** At each look, whether anything is to be sent or not. */
    void look() {
        Instant since = failingSince;
        if (since != null && !told && isLong(since)) {
            told = true;
            wellTold = false;
            report.accept(Condition.bad(
                            Severity.WARNING,
                            Fallbacks.RECEIVER_FAILING,
                            receiver,
                            "it has taken nothing for " + Elapsed.words(Duration.between(since, clock.instant())) + ", "
                                    + waiting + (waiting == 1 ? " notice waits: " : " notices wait: ") + reason,
                            "docker compose logs --since 1h pgsteward | grep ' " + receiver + " '",
                            since)
                    .with(Map.of("waiting", waiting)));
        }
    }

    void begins() {
        sendingSince = clock.instant();
    }

    /** In a way that says nothing about the receiver. */
    void ended() {
        sendingSince = null;
    }

    void taken() {
        ended();
        failingSince = null;
        told = false;
        // Once after the start too: whoever ran before may have told that it fails.
        if (!wellTold) {
            wellTold = true;
            report.accept(
                    Condition.well(Fallbacks.RECEIVER_FAILING, receiver, "it takes notices again", clock.instant()));
        }
    }

    void failed(Sender.NotTaken refusal, int depth) {
        ended();
        reason = String.valueOf(refusal.getMessage());
        waiting = depth;
        if (failingSince == null) {
            failingSince = clock.instant();
        }
        look();
    }

    private boolean isLong(@Nullable Instant since) {
        return since != null && !since.plus(after).isAfter(clock.instant());
    }
}
