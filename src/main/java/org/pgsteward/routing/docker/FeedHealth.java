package org.pgsteward.routing.docker;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.apache.camel.health.HealthCheckResultBuilder;
import org.apache.camel.impl.health.AbstractHealthCheck;
import org.pgsteward.engine.FeedStatus;

/** Whether pgsteward hears what Docker says: there is a stream, and it was lately proved that it brings everything. */
public final class FeedHealth extends AbstractHealthCheck {
    private final StewardDockerComponent docker;

    public FeedHealth(StewardDockerComponent docker) {
        super("pgsteward", "docker-events");
        this.docker = docker;
    }

    @Override
    protected void doCall(HealthCheckResultBuilder builder, Map<String, Object> options) {
        List<FeedStatus> feeds = docker.feeds();
        if (feeds.isEmpty()) {
            builder.message("no route listens to docker:events").down();
            return;
        }
        builder.up();
        for (FeedStatus feed : feeds) {
            feed.connectedSince().ifPresent(at -> builder.detail("connected.since", at.toString()));
            feed.lastEvent().ifPresent(at -> builder.detail("last.event", at.toString()));
            feed.lastProof().ifPresent(at -> builder.detail("last.proof", at.toString()));
            builder.detail("reconnects", Math.max(0, feed.reconnects()));
            if (!feed.connected()) {
                builder.message("hears no Docker events: " + feed.why()).down();
            } else if (isStale(feed)) {
                builder.message("not sure to hear Docker events: last proved at "
                                + feed.lastProof().orElse(Instant.EPOCH))
                        .down();
            }
        }
    }

    /** Three proofs are due and none has come: the one that proves is stuck itself. */
    private boolean isStale(FeedStatus feed) {
        Duration patience = docker.timings().proofEvery().multipliedBy(3).plus(Duration.ofSeconds(10));
        return feed.lastProof()
                .map(at -> at.plus(patience).isBefore(docker.clock().instant()))
                .orElse(true);
    }

    @Override
    public boolean isLiveness() {
        // A restart of pgsteward does not bring Docker back.
        return false;
    }
}
