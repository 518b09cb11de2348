package org.pgsteward.camel.docker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.github.dockerjava.api.command.InspectContainerResponse;
import com.github.dockerjava.api.model.Version;
import java.time.Clock;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.camel.CamelContext;
import org.apache.camel.RoutesBuilder;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.health.HealthCheck;
import org.apache.camel.test.junit5.CamelTestSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.pgsteward.engine.DockerCli;
import org.pgsteward.engine.DockerEngine;
import org.pgsteward.engine.FeedTimings;
import org.pgsteward.engine.NeedsEngine;
import org.pgsteward.model.ContainerEvent;

@NeedsEngine
class StewardDockerComponentIT extends CamelTestSupport {
    private final String name = "component-it-" + UUID.randomUUID().toString().substring(0, 8);
    private final DockerEngine engine = DockerEngine.at(NeedsEngine.Engine.host());
    private final StewardDockerComponent docker =
            new StewardDockerComponent(engine, Clock.systemUTC(), FeedTimings.USUAL, () -> {});
    private final List<ContainerEvent> events = new CopyOnWriteArrayList<>();

    @Override
    protected CamelContext createCamelContext() throws Exception {
        CamelContext camel = super.createCamelContext();
        camel.addComponent("docker", docker);
        return camel;
    }

    @Override
    protected RoutesBuilder createRouteBuilder() {
        return new RouteBuilder() {
            @Override
            public void configure() {
                from("docker:events")
                        .bean(new ContainerEvents(), "read")
                        .process(exchange -> events.add(exchange.getMessage().getBody(ContainerEvent.class)));
                from("direct:inspect").to("docker:inspectcontainer");
                from("direct:version").to("docker:version");
            }
        };
    }

    @AfterEach
    void removeWhatTheTestMade() {
        DockerCli.docker("rm", "--force", name);
        engine.close();
    }

    @Test
    void aRouteHearsOfANewContainerAndMayInspectIt() {
        await().until(() -> docker.feeds().stream().allMatch(feed -> feed.connected())
                && !docker.feeds().isEmpty());
        String id = DockerCli.docker("run", "--detach", "--name", name, "debian:bookworm-slim", "sleep", "600");

        await().untilAsserted(() -> assertThat(events)
                .filteredOn(event -> event.containerId().equals(id))
                .extracting(ContainerEvent::action)
                .containsExactly("create", "connect", "start"));
        InspectContainerResponse inspected = template.requestBodyAndHeader(
                "direct:inspect", null, "CamelDockerContainerId", id, InspectContainerResponse.class);
        assertThat(inspected.getName()).isEqualTo("/" + name);
        assertThat(template.requestBody("direct:version", null, Version.class).getVersion())
                .isNotBlank();
        assertThat(new FeedHealth(docker).call().getState()).isEqualTo(HealthCheck.State.UP);
    }
}
