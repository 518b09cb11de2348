package org.pgsteward.engine;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;

/**
 * The reason why Docker events may be missed.
 *
 * @param since the last time at which it was certain that no event had been missed
 */
public record FeedTrouble(Instant since, String why) {
    /**
     * Returns the problem of the event feeds; empty if every feed is connected and was probed in time. Pure.
     *
     * @param begun when the daemon began to listen
     * @param patience the greatest age of the last probe; an older one means that the probe itself hangs
     */
    public static Optional<FeedTrouble> of(List<FeedStatus> feeds, Instant begun, Duration patience, Instant now) {
        if (feeds.isEmpty()) {
            return Optional.of(new FeedTrouble(begun, "no route listens to docker:events"));
        }
        return feeds.stream()
                .flatMap(feed -> of(feed, begun, patience, now).stream())
                .findFirst();
    }

    private static Optional<FeedTrouble> of(FeedStatus feed, Instant begun, Duration patience, Instant now) {
        Instant since = feed.lastProbe().orElse(begun);
        if (!feed.connected()) {
            return Optional.of(new FeedTrouble(since, "receives no Docker events: " + feed.why()));
        }
        boolean stale = feed.lastProbe().isEmpty() || since.plus(patience).isBefore(now);
        return stale
                ? Optional.of(new FeedTrouble(
                        since, "may miss Docker events: last verified at " + since.truncatedTo(ChronoUnit.SECONDS)))
                : Optional.empty();
    }
}
