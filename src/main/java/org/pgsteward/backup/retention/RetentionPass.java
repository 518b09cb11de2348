package org.pgsteward.backup.retention;

import java.time.Duration;
import java.time.Instant;

/**
 * One pass of retention over all services, which decides when the sets and RECOVERY.md are updated. Both are about all
 * services: after each of 200 services they would be read and written 200 times.
 */
final class RetentionPass {
    /** In a long pass they are updated this often. */
    private static final Duration INTERVAL = Duration.ofSeconds(10);

    /** Services of this pass that are not done. */
    private int left;

    /** Whether a backup was removed since the last update. */
    private boolean stale;

    private Instant updated = Instant.EPOCH;

    synchronized void begin(int services) {
        left = services;
    }

    /**
     * Counts a service as done, and returns whether the sets and RECOVERY.md have to be updated now.
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
