package org.pgsteward.camel;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import org.apache.camel.Exchange;
import org.apache.camel.builder.RouteBuilder;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pgsteward.camel.receivers.Redaction;

@Tag("fast")
class PipelineTest {
    @Test
    void anAddressThatARoutePutsTogetherMakesNoObject(@TempDir Path folder) throws Exception {
        Path precious = Files.writeString(folder.resolve("precious"), "precious");
        RouteClient routeClient = new RouteClient();
        RouteBuilder dynamic = new RouteBuilder() {
            @Override
            public void configure() {
                from("direct:dynamic").errorHandler(noErrorHandler()).toD("log:x?exchangeFormatter=${body}");
            }
        };
        try (Pipeline pipeline = new Pipeline(Map.of(), routeClient, new Redaction(List.of()), Clock.systemUTC())
                .routes(dynamic)
                .start()) {
            Exchange asked = routeClient.ask("direct:dynamic", "%23class:java.io.FileOutputStream('" + precious + "')");

            assertThat(asked.getException()).hasStackTraceContaining("PGSTEWARD_ROUTES_TYPES");
            assertThat(precious).hasContent("precious");
            assertThat(pipeline.context().getClassResolver().resolveClass("java.lang.ProcessBuilder"))
                    .isNull();
        }
    }
}
