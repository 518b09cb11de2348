package org.pgsteward.backup.retention;

import java.time.Duration;
import java.time.Instant;

/**
 * One pass of retention over all services, which decides when the sets and RECOVERY.md are updated. Both cover all
 * services: an update after each of 200 services would read and write them 200 times.
 */
final class RetentionPass {
    /** The interval of updates during a long pass. */
    private static final Duration INTERVAL = Duration.ofSeconds(10);

    /** The number of services that this pass has not finished. */
    private int left;

    /** Whether a backup was removed since the last update. */
    private boolean stale;

    private Instant updated = Instant.EPOCH;

    synchronized void begin(int services) {
        left = services;
    }

    /**
     * Counts a service as finished. Returns whether the sets and RECOVERY.md have to be updated now.
     *
     * @param removed whether a backup of this service was removed
     */
    synchronized boolean done(boolean removed, Instant now) {
        left--;
        stale |= removed;
        if (!stale || (left > 0 && Duration.between(updated, now).compareTo(INTERVAL) < 0)) {
            return false;
        }
        stale = false;
        updated = now;
        return true;
    }
}
