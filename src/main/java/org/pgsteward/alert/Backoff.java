package org.pgsteward.alert;

import java.time.Duration;

/**
 * Delay after a receiver failed. It doubles with each failure and has no random part, so the next try can be announced.
 *
 * @param first delay after the first failure
 * @param most longest delay
 */
public record Backoff(Duration first, Duration most) {
    /** Delay of 5 seconds, doubled up to 5 minutes. */
    public static final Backoff USUAL = new Backoff(Duration.ofSeconds(5), Duration.ofMinutes(5));

    public Backoff {
        if (first.isNegative() || first.isZero() || most.compareTo(first) < 0) {
            throw new IllegalArgumentException("a backoff from " + first + " to " + most + " does not grow");
        }
    }

    /** @param failures number of consecutive failures, at least 1 */
    Duration after(int failures) {
        Duration wait = first;
        for (int i = 1; i < failures && wait.compareTo(most) < 0; i++) {
            wait = wait.multipliedBy(2);
        }
        return wait.compareTo(most) < 0 ? wait : most;
    }
}
