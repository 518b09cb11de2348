package org.pgsteward.alert;

import java.time.Duration;

/**
 * How long to leave a receiver alone after it failed: twice as long each time, without chance, so that it can be
 * foretold.
 *
 * @param first after the first failure
 * @param most however often it failed
 */
public record Backoff(Duration first, Duration most) {
    /** 5 seconds, doubled up to 5 minutes. */
    public static final Backoff USUAL = new Backoff(Duration.ofSeconds(5), Duration.ofMinutes(5));

    public Backoff {
        if (first.isNegative() || first.isZero() || most.compareTo(first) < 0) {
            throw new IllegalArgumentException("backoff from " + first + " up to " + most + " does not grow");
        }
    }

    /** @param failures in a row, at least 1 */
    Duration after(int failures) {
        Duration wait = first;
        for (int i = 1; i < failures && wait.compareTo(most) < 0; i++) {
            wait = wait.multipliedBy(2);
        }
        return wait.compareTo(most) < 0 ? wait : most;
    }
}
