package org.pgsteward.camel.docker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.github.dockerjava.api.model.Event;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.camel.CamelContext;
import org.apache.camel.ServiceStatus;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.health.HealthCheck;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.impl.engine.DefaultShutdownStrategy;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgsteward.engine.DockerEngine;
import org.pgsteward.engine.FakeDaemon;
import org.pgsteward.engine.FeedTimings;

@Tag("fast")
class StewardDockerComponentTest {
    private static final FeedTimings QUICK =
            new FeedTimings(Duration.ofMillis(20), Duration.ofMillis(200), Duration.ofMillis(300), 100);

    private final FakeDaemon daemon = new FakeDaemon();
    private final DockerEngine engine = DockerEngine.at(daemon.host(), Duration.ofSeconds(1), Duration.ofSeconds(1));
    private final AtomicInteger relists = new AtomicInteger();
    private final StewardDockerComponent docker =
            new StewardDockerComponent(engine, Clock.systemUTC(), QUICK, relists::incrementAndGet);
    private final FeedHealth health = new FeedHealth(docker);
    private final List<String> arrived = new CopyOnWriteArrayList<>();
    private final List<Object> bodies = new CopyOnWriteArrayList<>();
    private final CamelContext camel = new DefaultCamelContext();

    @AfterEach
    void close() {
        camel.stop();
        engine.close();
        daemon.close();
    }

    @Test
    void bringsEventsToARouteThatNamesNoParameters() throws Exception {
        start("docker:events");
        daemon.happens("create", "web");
        daemon.happens("start", "web");

        await().untilAsserted(() -> assertThat(arrived).containsExactly("create", "start"));
        assertThat(bodies).hasOnlyElementsOfType(Event.class);
        assertThat(relists).hasValue(1);
    }

    @Test
    void theRouteStartsWithoutAnEngineAndHearsItWhenItComes() throws Exception {
        daemon.stop();
        start("docker:events");
        assertThat(camel.getRouteController().getRouteStatus("watch")).isEqualTo(ServiceStatus.Started);
        await().untilAsserted(() -> assertThat(health.call().getMessage())
                .hasValueSatisfying(text -> assertThat(text).startsWith("receives no Docker events: ")));

        daemon.startAgain();
        await().until(() -> relists.get() == 1);
        daemon.happens("start", "web");

        await().untilAsserted(() -> assertThat(arrived).containsExactly("start"));
    }

    @Test
    void restartedRouteHasOneStreamWithoutRepeatedEvents() throws Exception {
        start("docker:events");
        await().until(() -> daemon.openStreams() == 1);

        camel.getRouteController().stopRoute("watch");
        await().until(() -> daemon.openStreams() == 0);
        assertThat(health.call().getMessage()).contains("no route listens to docker:events");

        camel.getRouteController().startRoute("watch");
        await().until(() -> relists.get() == 2);
        daemon.happens("start", "web");
        daemon.happens("die", "web");
        await().untilAsserted(() -> assertThat(arrived).containsExactly("start", "die"));
        assertThat(daemon.openStreams()).isEqualTo(1);
    }

    @Test
    void aSuspendedRouteClosesItsStreamAndAResumedOneOpensAnother() throws Exception {
        start("docker:events");
        await().until(() -> daemon.openStreams() == 1);

        camel.getRouteController().suspendRoute("watch");
        await().until(() -> daemon.openStreams() == 0);
        camel.getRouteController().resumeRoute("watch");

        await().until(() -> daemon.openStreams() == 1);
    }

    @Test
    void anEventThatCannotBeDealtWithDoesNotStopTheNext() throws Exception {
        start("docker:events");
        await().until(() -> relists.get() == 1);
        daemon.happens("oom", "bad");
        daemon.happens("start", "good");

        await().untilAsserted(() -> assertThat(arrived).containsExactly("oom", "start"));
    }

    @Test
    void healthSaysDownWhileTheEngineIsAwayAndUpAfterwards() throws Exception {
        start("docker:events");
        await().until(() -> state() == HealthCheck.State.UP);

        daemon.stop();
        await().until(() -> state() == HealthCheck.State.DOWN);
        daemon.startAgain();

        await().until(() -> state() == HealthCheck.State.UP);
        assertThat(health.call().getDetails())
                .containsKeys("connected.since", "last.probe", "last.proof", "reconnects");
    }

    @ParameterizedTest
    @ValueSource(strings = {"containerremove", "container/stop", "exec/create", "imageremove", "networkcreate", "auth"})
    void writingIsRefusedWhereTheRouteIsLoaded(String operation) {
        camel.addComponent("docker", docker);

        assertThatThrownBy(() -> camel.getEndpoint("docker:" + operation))
                .hasMessageContaining("cannot use docker:" + operation + ": pgsteward only reads from Docker");
    }

    @ParameterizedTest
    @ValueSource(strings = {"ping", "info", "version", "container/list", "imagelist", "inspectcontainer?containerId=a"})
    void readingIsAllowed(String operation) {
        camel.addComponent("docker", docker);

        assertThat(camel.getEndpoint("docker:" + operation)).isInstanceOf(StewardDockerEndpoint.class);
    }

    private HealthCheck.State state() {
        return health.call().getState();
    }

    private void start(String uri) throws Exception {
        DefaultShutdownStrategy patience = new DefaultShutdownStrategy(camel);
        patience.setTimeout(3);
        camel.setShutdownStrategy(patience);
        camel.addComponent("docker", docker);
        camel.addRoutes(new RouteBuilder() {
            @Override
            public void configure() {
                from(uri).routeId("watch").process(exchange -> {
                    Event event = exchange.getMessage().getBody(Event.class);
                    bodies.add(event);
                    arrived.add(event.getAction());
                    if ("oom".equals(event.getAction())) {
                        throw new IllegalStateException("this event is bad");
                    }
                });
            }
        });
        camel.start();
    }
}
