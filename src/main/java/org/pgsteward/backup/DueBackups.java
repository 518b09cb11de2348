package org.pgsteward.backup;

import java.time.Duration;
import java.time.Instant;

/**
 * Whether a backup's time has come. Pure.
 *
 * <p>It is asked of the journal rather than of a timer, so that a run missed while we were down is due when we are back,
 * once, and a run that failed is tried again before the next night.
 */
public final class DueBackups {
    /** Long enough for a cause to pass, short enough for the morning to find a backup. */
    static final Duration RETRY = Duration.ofMinutes(30);

    private DueBackups() {}

    /**
     * @param lastStarted the start of the newest run; the epoch where there has been none, which is due at once
     * @param lastFailed whether that run failed
     */
    public static boolean isDue(Schedule schedule, Instant lastStarted, boolean lastFailed, Instant now) {
        if (lastStarted.isAfter(now)) {
            // The clock was set back, or forth and back: a run in what is now the future says nothing of tonight.
            return true;
        }
        if (lastFailed && !lastStarted.plus(RETRY).isAfter(now)) {
            return true;
        }
        return !schedule.nextAfter(lastStarted).isAfter(now);
    }
}
