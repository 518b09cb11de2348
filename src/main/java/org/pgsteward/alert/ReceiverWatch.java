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
 * Health of one receiver. Reports one condition when deliveries have failed for too long, and one when they succeed
 * again. The queries may be called by any thread.
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
    private boolean raised;
    private boolean resolved;

    /**
     * @param after time without an acknowledged delivery after which the receiver counts as failing
     * @param report takes the conditions; must not throw
     */
    ReceiverWatch(String receiver, Duration after, Clock clock, Consumer<Condition> report) {
        this.receiver = receiver;
        this.after = after;
        this.clock = clock;
        this.report = report;
    }

    /** Returns whether deliveries have failed, or one delivery has hung, for longer than the limit. */
    boolean isFailing() {
        return isLong(failingSince) || isLong(sendingSince);
    }

    /** Returns the failure of the receiver; empty while its deliveries succeed. */
    Optional<FailingReceiver> failing() {
        return Optional.ofNullable(failingSince).map(since -> new FailingReceiver(receiver, since, waiting, reason));
    }

    /** Reports a failure that has become too long. Called before each round of deliveries, also if none is pending. */
    void look() {
        Instant since = failingSince;
        if (since != null && !raised && isLong(since)) {
            raised = true;
            resolved = false;
            report.accept(Condition.bad(
                            Severity.WARNING,
                            Fallbacks.RECEIVER_FAILING,
                            receiver,
                            "it has accepted no notification for "
                                    + Elapsed.words(Duration.between(since, clock.instant())) + ", " + waiting
                                    + (waiting == 1 ? " waits and is" : " wait and are") + " sent later: " + reason,
                            "docker logs --since 1h pgsteward 2>&1 | grep ' " + receiver + " '",
                            since)
                    .with(Map.of("waiting", waiting)));
        }
    }

    void begins() {
        sendingSince = clock.instant();
    }

    /** Ends the current delivery without a conclusion about the receiver. */
    void ended() {
        sendingSince = null;
    }

    void taken() {
        ended();
        failingSince = null;
        raised = false;
        // Also once after the start: the previous process may have reported a failure.
        if (!resolved) {
            resolved = true;
            report.accept(Condition.well(
                    Fallbacks.RECEIVER_FAILING, receiver, "it accepts notifications again", clock.instant()));
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
