package org.pgsteward.camel.docker;

import com.github.dockerjava.api.DockerClient;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.camel.Endpoint;
import org.apache.camel.component.docker.DockerClientProfile;
import org.apache.camel.component.docker.DockerComponent;
import org.apache.camel.component.docker.DockerConfiguration;
import org.apache.camel.component.docker.DockerOperation;
import org.pgsteward.engine.DockerEngine;
import org.pgsteward.engine.EventFeed;
import org.pgsteward.engine.FeedStatus;
import org.pgsteward.engine.FeedTimings;
import org.pgsteward.engine.FeedTrouble;

/**
 * camel-docker on our client, reading only. Every endpoint talks to the one engine of {@code pgsteward.docker.host},
 * whatever host an endpoint or a message names.
 */
public final class StewardDockerComponent extends DockerComponent {
    private static final Set<String> READING = Set.of(
            "events",
            "ping",
            "info",
            "version",
            "containerlist",
            "inspectcontainer",
            "imagelist",
            "imageinspect",
            "stats");

    private final DockerEngine engine;
    private final Clock clock;
    private final FeedTimings timings;
    private final Runnable whenConnected;
    private final Instant begun;
    private final Set<EventFeed> feeds = ConcurrentHashMap.newKeySet();

    /**
     * @param whenConnected reads the list again; called on the feed's thread after each connect of a {@code
     *     docker:events} route and before that connection's first event. What it throws is logged.
     */
    public StewardDockerComponent(DockerEngine engine, Clock clock, FeedTimings timings, Runnable whenConnected) {
        this.engine = engine;
        this.clock = clock;
        this.timings = timings;
        this.whenConnected = whenConnected;
        this.begun = clock.instant();
    }

    /** The same for a context that only looks whether routes would run. */
    public StewardDockerComponent another() {
        return new StewardDockerComponent(engine, clock, timings, () -> {});
    }

    @Override
    protected Endpoint createEndpoint(String uri, String remaining, Map<String, Object> parameters) throws Exception {
        String operation = remaining.replace("/", "");
        if (!READING.contains(operation)) {
            throw new IllegalArgumentException("docker:" + remaining
                    + " is refused, because pgsteward only reads from Docker: " + new TreeSet<>(READING));
        }
        DockerConfiguration configuration = getConfiguration().copy();
        configuration.setOperation(DockerOperation.getDockerOperation(operation));
        Endpoint endpoint = new StewardDockerEndpoint(uri, this, configuration);
        setProperties(endpoint, parameters);
        configuration.setParameters(parameters);
        return endpoint;
    }

    @Override
    public DockerClient getClient(DockerClientProfile profile) {
        return engine.client();
    }

    /** Whether there is a feed and each is connected. */
    public boolean hears() {
        return !feeds().isEmpty() && feeds().stream().allMatch(FeedStatus::connected);
    }

    /** How the feeds of the running {@code docker:events} routes fare; empty when there is no such route. */
    public List<FeedStatus> feeds() {
        return feeds.stream().map(EventFeed::status).toList();
    }

    /** Returns why Docker's events may go unheard; empty while all is well with the feeds. */
    public Optional<FeedTrouble> trouble() {
        // Three probes are due and none has come: what probes is stuck itself.
        Duration patience = timings.proofEvery().multipliedBy(3).plus(Duration.ofSeconds(10));
        return FeedTrouble.of(feeds(), begun, patience, clock.instant());
    }

    EventFeed open(EventFeed.Listener listener) {
        EventFeed feed = EventFeed.start(engine, clock, timings, listener);
        feeds.add(feed);
        return feed;
    }

    void close(EventFeed feed) {
        feeds.remove(feed);
        feed.close();
    }

    void connected() {
        whenConnected.run();
    }
}
