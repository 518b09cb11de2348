package org.pgsteward.camel.receivers;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.pgsteward.alert.TestNotification;
import org.pgsteward.io.Json;

@Tag("fast")
class ReceiverTrialTest {
    private final CountDownLatch end = new CountDownLatch(1);

    @Test
    void hangingReceiverNeitherDelaysTheOthersNorTheEnd() throws Exception {
        try (DefaultCamelContext context = new DefaultCamelContext()) {
            context.addRoutes(new RouteBuilder() {
                @Override
                public void configure() {
                    from("direct:receiver-hanging").routeId("receiver-hanging").process(exchange -> hang());
                    from("direct:receiver-fine").routeId("receiver-fine").log("${body}");
                }
            });
            context.start();
            ReceiverTrial trial =
                    new ReceiverTrial(context, Json.mapper(), new Redaction(List.of()), Clock.systemUTC());
            List<ReceiverTrial.Result> results = trial.send(
                    TestNotification.at(Clock.systemUTC().instant()),
                    List.of("hanging", "fine", "missing"),
                    Duration.ofSeconds(3));
            assertThat(results)
                    .extracting(ReceiverTrial.Result::receiver)
                    .containsExactly("hanging", "fine", "missing");
            assertThat(results.get(0).failure()).isEqualTo(Optional.of("no answer within 3 s"));
            assertThat(results.get(1).accepted()).isTrue();
            assertThat(results.get(1).took()).isLessThan(Duration.ofSeconds(3));
            assertThat(results.get(2).accepted()).isFalse();
            long began = System.nanoTime();
            context.stop();
            assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(15));
        } finally {
            end.countDown();
        }
    }

    /** Ignores interrupts, as some clients do. */
    private void hang() {
        boolean waits = true;
        while (waits) {
            try {
                end.await();
                waits = false;
            } catch (InterruptedException ignored) {
                waits = true;
            }
        }
    }
}
