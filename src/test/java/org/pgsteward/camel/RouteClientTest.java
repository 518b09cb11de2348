package org.pgsteward.camel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Clock;
import java.util.List;
import java.util.Map;
import org.apache.camel.builder.RouteBuilder;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.pgsteward.camel.docker.RelistOnConnect;
import org.pgsteward.camel.receivers.CapturedLog;
import org.pgsteward.camel.receivers.Redaction;

/** Messages that a route takes, and messages that none takes. */
@Tag("fast")
class RouteClientTest {
    private final RouteClient routeClient = new RouteClient();

    @Test
    void aMessageThatNoRouteTookIsAnError() {
        try (Pipeline pipeline = pipeline()) {
            pipeline.start();

            assertThatThrownBy(() -> routeClient.submit("direct:nobody?block=false", ""))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageStartingWith("cannot reach direct:nobody?block=false: ");
        }
        assertThatThrownBy(() -> routeClient.submit("direct:fails", ""))
                .as("the routes have stopped")
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

            new RelistOnConnect(() -> routeClient.submit("direct:nobody?block=false", ""), () -> false).run();

            assertThat(log.text())
                    .contains(
                            "after Docker's events were connected: No consumers available on endpoint: direct://nobody");
        }
    }

    private Pipeline pipeline() {
        return new Pipeline(Map.of(), routeClient, new Redaction(List.of()), Clock.systemUTC())
                .routes(new RouteBuilder() {
                    @Override
                    public void configure() {
                        from("direct:fails").routeId("fails").throwException(new IllegalStateException("on purpose"));
                    }
                });
    }
}
