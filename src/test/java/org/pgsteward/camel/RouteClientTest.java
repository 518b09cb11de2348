package org.pgsteward.camel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.component.direct.DirectComponent;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pgsteward.camel.docker.RelistOnConnect;
import org.pgsteward.camel.receivers.CapturedLog;
import org.pgsteward.camel.receivers.Redaction;
import org.pgsteward.io.Json;
import org.pgsteward.journal.Spool;
import org.pgsteward.model.Activity;
import org.pgsteward.model.Condition;

/** Messages that a route accepts, and messages without a route. */
@Tag("fast")
class RouteClientTest {
    private final RouteClient routeClient = new RouteClient();

    @Test
    void aMessageThatNoRouteTookIsAnError() {
        try (Pipeline pipeline = pipeline()) {
            pipeline.start();

            assertThatThrownBy(() -> routeClient.submit("direct:nobody", ""))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageStartingWith("cannot reach direct:nobody: ");
        }
        assertThatThrownBy(() -> routeClient.submit("direct:fails", ""))
                .as("after the routes stopped")
                .isInstanceOf(RuntimeException.class);
    }

    @Test
    void aRouteThatFailsLogsThatItself() throws Exception {
        try (CapturedLog log = new CapturedLog();
                Pipeline pipeline = pipeline()) {
            pipeline.start();

            routeClient.submit("direct:fails", "");

            assertThat(log.text()).containsOnlyOnce("on purpose").contains("route fails failed");
        }
    }

    @Test
    void theLogNamesAListThatNoRouteRead() throws Exception {
        try (CapturedLog log = new CapturedLog();
                Pipeline pipeline = pipeline()) {
            pipeline.start();

            new RelistOnConnect(() -> routeClient.submit("direct:nobody", ""), () -> false).run();

            assertThat(log.text())
                    .contains(
                            "cannot list all containers after the connection to Docker's events: No consumers available on endpoint: direct://nobody");
        }
    }

    @Test
    void aConditionThatIsNoNewsDoesNotEnterTheRoute() {
        Condition well = Condition.well("service-down", "vikunja", "it runs", Instant.EPOCH);
        Condition other = Condition.well("service-down", "gitea", "it runs", Instant.EPOCH);
        RouteReporter reporter = new RouteReporter(routeClient);
        reporter.leaveOut(well::equals);
        try (Pipeline pipeline = pipeline()) {
            pipeline.start();

            assertThat(reporter.raise(well)).isTrue();
            assertThat(reporter.raise(well, "a check")).isTrue();
            assertThat(reporter.raise(other)).as("there is no route").isFalse();
            assertThat(reporter.raise(other, "a check")).isFalse();
        }
    }

    @Test
    void aRowThatNoRouteTookWaitsInTheSpool(@TempDir Path folder) throws Exception {
        RouteReporter reporter = new RouteReporter(routeClient);
        Activity row = new Activity(UUID.randomUUID(), "vikunja", "quarantined", "operator", Instant.EPOCH);
        try (CapturedLog log = new CapturedLog();
                Pipeline pipeline = pipeline()) {
            pipeline.start();

            reporter.record(row);
            assertThat(log.text()).contains("it reached no route (").contains("service=vikunja");

            Spool spool = new Spool(folder, Json.mapper(), Clock.systemUTC());
            reporter.keepIn(spool);
            reporter.record(row);
            assertThat(spool.waiting()).hasSize(1);
            assertThat(spool.read(spool.waiting().get(0)).columns()).containsEntry("service", "vikunja");
        }
    }

    private Pipeline pipeline() {
        return new Pipeline(Map.of(), routeClient, new Redaction(List.of()), Clock.systemUTC())
                .routes(new RouteBuilder() {
                    @Override
                    public void configure() {
                        // By default a message waits half a minute for its route.
                        getContext()
                                .getComponent("direct", DirectComponent.class)
                                .setBlock(false);
                        from("direct:fails").routeId("fails").throwException(new IllegalStateException("on purpose"));
                    }
                });
    }
}
