package org.pgsteward.engine;

import java.time.Duration;

/**
 * Intervals and limits of an {@link EventFeed}.
 *
 * @param firstRetry pause before the first attempt to reconnect; it doubles each time
 * @param longestRetry the longest such pause
 * @param probeEvery the interval of the probe for missed events
 * @param waiting the most events in the listener's queue; beyond it, the stream is dropped
 */
public record FeedTimings(Duration firstRetry, Duration longestRetry, Duration probeEvery, int waiting) {
    /**
     * The default. All events are known within half a minute of the engine's return. A stale stream is replaced within
     * the same time.
     */
    public static final FeedTimings USUAL =
            new FeedTimings(Duration.ofMillis(250), Duration.ofSeconds(10), Duration.ofSeconds(10), 4096);

    public FeedTimings {
        if (firstRetry.isZero() || firstRetry.compareTo(longestRetry) > 0 || probeEvery.isZero() || waiting < 1) {
            throw new IllegalArgumentException("invalid timings of the event feed: retry after " + firstRetry + " to "
                    + longestRetry + ", probe every " + probeEvery + ", " + waiting + " waiting events");
        }
    }

    /** Returns the pause that follows the given one. */
    Duration after(Duration pause) {
        Duration doubled = pause.multipliedBy(2);
        return doubled.compareTo(longestRetry) < 0 ? doubled : longestRetry;
    }
}
