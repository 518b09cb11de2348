package org.pgsteward.camel;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Clock;
import java.util.List;
import org.apache.camel.Exchange;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.component.micrometer.MicrometerConstants;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.pgsteward.camel.receivers.CapturedLog;
import org.pgsteward.camel.receivers.Redaction;
import org.pgsteward.io.Attempts;

@Tag("fast")
class SafetyNetTest {
    @Test
    void oneLineSaysWhyEachStepFailedAndTheRunIsCounted() throws Exception {
        MeterRegistry figures = new SimpleMeterRegistry();
        try (CapturedLog log = new CapturedLog();
                DefaultCamelContext context = new DefaultCamelContext()) {
            context.getRegistry().bind(MicrometerConstants.METRICS_REGISTRY_NAME, figures);
            context.addRoutes(new SafetyNet(new Redaction(List.of("hunter2")), Clock.systemUTC()));
            context.addRoutes(new RouteBuilder() {
                @Override
                public void configure() {
                    from("direct:steps").routeId("steps").process(SafetyNetTest::failTwice);
                }
            });
            context.start();
            try (ProducerTemplate asking = context.createProducerTemplate()) {
                Exchange failed = asking.request("direct:steps", exchange -> {});
                assertThat(failed.getException()).isInstanceOf(IllegalStateException.class);
            }

            assertThat(log.text().lines())
                    .filteredOn(line -> line.contains("route steps failed"))
                    .singleElement()
                    .asString()
                    .contains("vikunja is away", "gitea is away")
                    .doesNotContain("hunter2");
        }
        assertThat(figures.counter("pgsteward.route.failures", "route", "steps").count())
                .isEqualTo(1);
    }

    @Test
    void exceptionsThatSuppressOneAnotherEndNothing() throws Exception {
        IllegalStateException one = new IllegalStateException("one");
        IllegalStateException other = new IllegalStateException("other");
        one.addSuppressed(other);
        other.addSuppressed(one);
        try (CapturedLog log = new CapturedLog();
                DefaultCamelContext context = new DefaultCamelContext()) {
            context.addRoutes(new SafetyNet(new Redaction(List.of()), Clock.systemUTC()));
            context.addRoutes(new RouteBuilder() {
                @Override
                public void configure() {
                    from("direct:circle").routeId("circle").process(exchange -> {
                        throw one;
                    });
                }
            });
            context.start();
            try (ProducerTemplate asking = context.createProducerTemplate()) {
                asking.request("direct:circle", exchange -> {});
            }
            assertThat(log.text().lines())
                    .filteredOn(line -> line.contains("route circle failed"))
                    .singleElement()
                    .asString()
                    .contains("one", "other");
        }
    }

    private static void failTwice(Exchange exchange) throws Exception {
        Attempts.each(List.of("vikunja", "gitea"), service -> {
            throw new IllegalStateException(service + " is away: hunter2");
        });
    }
}
