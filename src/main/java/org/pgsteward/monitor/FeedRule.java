package org.pgsteward.monitor;

import java.time.Duration;
import java.util.List;
import java.util.Map;

/** The time for which pgsteward has received no events of containers. */
final class FeedRule extends MetricRule<HostObservation> {
    FeedRule() {
        super("feed-stale", Unit.TIME);
    }

    @Override
    List<Finding> look(HostObservation now, List<HostObservation> past) {
        long seconds = now.staleSince()
                .map(since -> Math.max(0, Duration.between(since, now.at()).toSeconds()))
                .orElse(0L);
        return List.of(new Finding(
                "pgsteward",
                (double) seconds,
                now.staleSince().isEmpty()
                        ? "the Docker Engine's events are heard"
                        : "no event of the Docker Engine has been heard for " + Unit.TIME.words(seconds)
                                + (now.staleReason().isBlank() ? "" : " (" + now.staleReason() + ")")
                                + ": new services wait for their databases, and crashes are not told",
                "docker ps\ndocker logs --tail 50 pgsteward\ndocker compose restart docker-proxy pgsteward",
                Map.of("staleSeconds", seconds)));
    }
}
