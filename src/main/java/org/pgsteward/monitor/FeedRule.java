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
                        ? "pgsteward receives Docker's events"
                        : "pgsteward has received no events from Docker for " + Unit.TIME.words(seconds)
                                + (now.staleReason().isBlank() ? "" : " (" + now.staleReason() + ")")
                                + ": new services wait for their databases, and crashes raise no alert; backups go on",
                "docker ps\ndocker logs --tail 50 pgsteward\ndocker compose restart docker-proxy pgsteward",
                Map.of("staleSeconds", seconds)));
    }
}
