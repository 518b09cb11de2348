package org.pgsteward.camel.docker;

import java.util.List;
import java.util.Map;
import org.apache.camel.health.HealthCheckResultBuilder;
import org.apache.camel.impl.health.AbstractHealthCheck;
import org.pgsteward.engine.FeedStatus;

/** Health check of Docker's events: a stream is connected, and a recent probe showed that it delivers all events. */
public final class FeedHealth extends AbstractHealthCheck {
    /** The new name of a detail by the previous one, which the health check has for one more version. */
    public static final Map<String, String> RENAMED = Map.of("last.proof", "last.probe");

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
            feed.lastProbe().ifPresent(at -> builder.detail("last.probe", at.toString()));
            feed.lastProbe().ifPresent(at -> RENAMED.keySet().forEach(old -> builder.detail(old, at.toString())));
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
