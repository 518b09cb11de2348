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
 * The camel-docker component with pgsteward's client, for reading only. Every endpoint uses the one engine of {@code
 * pgsteward.docker.host}, even if an endpoint or a message names another host.
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
     *     docker:events} route and before that connection's first event. Its exceptions are logged.
     */
    public StewardDockerComponent(DockerEngine engine, Clock clock, FeedTimings timings, Runnable whenConnected) {
        this.engine = engine;
        this.clock = clock;
        this.timings = timings;
        this.whenConnected = whenConnected;
        this.begun = clock.instant();
    }

    /** Returns another component for a context that only checks routes. */
    public StewardDockerComponent another() {
        return new StewardDockerComponent(engine, clock, timings, () -> {});
    }

    @Override
    protected Endpoint createEndpoint(String uri, String remaining, Map<String, Object> parameters) throws Exception {
        String operation = remaining.replace("/", "");
        if (!READING.contains(operation)) {
            throw new IllegalArgumentException("cannot use docker:" + remaining
                    + ": pgsteward only reads from Docker; use one of " + new TreeSet<>(READING));
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

    /** Returns whether there is a feed and each feed is connected. */
    public boolean hears() {
        return !feeds().isEmpty() && feeds().stream().allMatch(FeedStatus::connected);
    }

    /** Returns the state of each running {@code docker:events} route's feed; empty if there is no such route. */
    public List<FeedStatus> feeds() {
        return feeds.stream().map(EventFeed::status).toList();
    }

    /** Returns the reason why Docker's events may be missed; empty while the feeds are healthy. */
    public Optional<FeedTrouble> trouble() {
        // Three probes are due and none has arrived: the probing itself is stuck.
        Duration patience = timings.probeEvery().multipliedBy(3).plus(Duration.ofSeconds(10));
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
