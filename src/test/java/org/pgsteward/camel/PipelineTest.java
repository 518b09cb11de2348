package org.pgsteward.camel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.camel.Exchange;
import org.apache.camel.builder.RouteBuilder;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pgsteward.camel.receivers.Redaction;

@Tag("fast")
class PipelineTest {
    /** An unchanged folder is skipped only for a while, and a consumer has no thread of its own. */
    @Test
    void aFileInAQuietFolderIsTakenOnASharedThread(@TempDir Path folder) throws Exception {
        List<String> taken = new CopyOnWriteArrayList<>();
        RouteBuilder polls = new RouteBuilder() {
            @Override
            public void configure() {
                from("file:" + folder + "?delay=1&initialDelay=0&delete=true")
                        .process(exchange -> taken.add(exchange.getMessage().getHeader(Exchange.FILE_NAME) + " on "
                                + Thread.currentThread().getName()));
                from("direct:alert-raise").to("log:alerts?level=OFF");
            }
        };
        Files.setLastModifiedTime(folder, FileTime.from(Instant.now().minusSeconds(60)));
        try (Pipeline pipeline = new Pipeline(Map.of(), new RouteClient(), new Redaction(List.of()), Clock.systemUTC())
                .routes(polls)
                .start()) {
            assertThat(pipeline.context().getRoutes()).hasSize(2);

            for (String name : List.of("one", "two")) {
                Files.writeString(folder.resolve(name), "x");
                await().until(() -> taken.contains(name + " on timer"));
                Files.setLastModifiedTime(folder, FileTime.from(Instant.now().minusSeconds(60)));
            }
        }
    }

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
