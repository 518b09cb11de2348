package org.pgsteward.engine;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Why Docker's events may go unheard.
 *
 * @param since when it was last certain that none was missed
 */
public record FeedTrouble(Instant since, String why) {
    /**
     * Returns what is wrong with the event feeds; empty while every feed is connected and was probed in time. Pure.
     *
     * @param begun when the daemon began to listen
     * @param patience how old the last probe may be: an older one means that the probe itself hangs
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
        Instant since = feed.lastProof().orElse(begun);
        if (!feed.connected()) {
            return Optional.of(new FeedTrouble(since, "hears no Docker events: " + feed.why()));
        }
        boolean stale = feed.lastProof().isEmpty() || since.plus(patience).isBefore(now);
        return stale
                ? Optional.of(new FeedTrouble(since, "not sure to hear Docker events: last proved at " + since))
                : Optional.empty();
    }
}
