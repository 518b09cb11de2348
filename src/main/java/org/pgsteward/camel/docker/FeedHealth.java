package org.pgsteward.camel.docker;

import java.util.List;
import java.util.Map;
import org.apache.camel.health.HealthCheckResultBuilder;
import org.apache.camel.impl.health.AbstractHealthCheck;
import org.pgsteward.engine.FeedStatus;

/** Health check of Docker's events: a stream is connected, and a recent probe showed that it delivers all events. */
public final class FeedHealth extends AbstractHealthCheck {
    private final StewardDockerComponent docker;

    public FeedHealth(StewardDockerComponent docker) {
        super("pgsteward", "docker-events");
        this.docker = docker;
    }

    @Override
    protected void doCall(HealthCheckResultBuilder builder, Map<String, Object> options) {
        List<FeedStatus> feeds = docker.feeds();
        builder.up();
        for (FeedStatus feed : feeds) {
            feed.connectedSince().ifPresent(at -> builder.detail("connected.since", at.toString()));
            feed.lastEvent().ifPresent(at -> builder.detail("last.event", at.toString()));
            feed.lastProof().ifPresent(at -> builder.detail("last.probe", at.toString()));
            // The previous name of the detail, for one more version.
            feed.lastProof().ifPresent(at -> builder.detail("last.proof", at.toString()));
            builder.detail("reconnects", Math.max(0, feed.reconnects()));
        }
        docker.trouble().ifPresent(trouble -> builder.message(trouble.why()).down());
    }

    @Override
    public boolean isLiveness() {
        // A restart of pgsteward does not repair Docker.
        return false;
    }
}
