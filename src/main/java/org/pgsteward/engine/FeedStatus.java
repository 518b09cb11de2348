package org.pgsteward.engine;

import java.time.Instant;
import java.util.Optional;

/**
 * Whether the event feed hears the engine. Quiet is not deaf: a host where nothing happens has an old {@code lastEvent}
 * and a fresh {@code lastProof}.
 *
 * @param connectedSince empty while there is no stream
 * @param lastEvent the engine's time of the newest event that came in
 * @param lastProof when it was last certain that nothing had been missed
 * @param reconnects how often a stream was opened after the first one
 * @param why the reason of the newest loss; empty while none was lost
 */
public record FeedStatus(
        Optional<Instant> connectedSince,
        Optional<Instant> lastEvent,
        Optional<Instant> lastProof,
        long reconnects,
        String why) {
    static final FeedStatus NEW =
            new FeedStatus(Optional.empty(), Optional.empty(), Optional.empty(), -1, "not connected yet");

    public boolean connected() {
        return connectedSince.isPresent();
    }

    FeedStatus connected(Instant at) {
        return new FeedStatus(Optional.of(at), lastEvent, Optional.of(at), reconnects + 1, reconnects < 0 ? "" : why);
    }

    FeedStatus lost(String reason) {
        return new FeedStatus(Optional.empty(), lastEvent, lastProof, reconnects, reason);
    }

    FeedStatus heard(Instant eventTime) {
        return new FeedStatus(connectedSince, Optional.of(eventTime), lastProof, reconnects, why);
    }

    FeedStatus proved(Instant at) {
        return new FeedStatus(connectedSince, lastEvent, Optional.of(at), reconnects, why);
    }
}
