package org.pgsteward.engine;

import java.time.Instant;
import java.util.Optional;

/**
 * The state of the event feed. A feed without events is not stale: on an idle host {@code lastEvent} is old and
 * {@code lastProbe} is recent.
 *
 * @param connectedSince empty while there is no stream
 * @param lastEvent the engine's time of the newest delivered event
 * @param lastProbe the time of the last successful probe or connection: no event was missed until then
 * @param reconnects how often a stream was opened after the first one
 * @param why why the last stream was lost; empty if none was lost
 */
public record FeedStatus(
        Optional<Instant> connectedSince,
        Optional<Instant> lastEvent,
        Optional<Instant> lastProbe,
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
        return new FeedStatus(Optional.empty(), lastEvent, lastProbe, reconnects, reason);
    }

    FeedStatus heard(Instant eventTime) {
        return new FeedStatus(connectedSince, Optional.of(eventTime), lastProbe, reconnects, why);
    }

    FeedStatus probed(Instant at) {
        return new FeedStatus(connectedSince, lastEvent, Optional.of(at), reconnects, why);
    }
}
