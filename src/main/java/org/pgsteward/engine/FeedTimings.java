package org.pgsteward.engine;

import java.time.Duration;

/**
 * How patient an {@link EventFeed} is.
 *
 * @param firstRetry pause before the first attempt to reconnect; it doubles each time
 * @param longestRetry the longest such pause
 * @param proofEvery how often the feed makes sure that it has missed nothing
 * @param waiting how many events may wait for their listener before the stream is dropped
 */
public record FeedTimings(Duration firstRetry, Duration longestRetry, Duration proofEvery, int waiting) {
    /** Everything is known within half a minute of the engine's return, and a gone deaf stream within as much. */
    public static final FeedTimings USUAL =
            new FeedTimings(Duration.ofMillis(250), Duration.ofSeconds(10), Duration.ofSeconds(10), 4096);

    public FeedTimings {
        if (firstRetry.isZero() || firstRetry.compareTo(longestRetry) > 0 || proofEvery.isZero() || waiting < 1) {
            throw new IllegalArgumentException("the event feed would retry after " + firstRetry + " to " + longestRetry
                    + ", prove every " + proofEvery + " and let " + waiting + " events wait");
        }
    }

    /** The pause after the one given. */
    Duration after(Duration pause) {
        Duration doubled = pause.multipliedBy(2);
        return doubled.compareTo(longestRetry) < 0 ? doubled : longestRetry;
    }
}
