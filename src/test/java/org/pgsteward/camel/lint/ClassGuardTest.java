package org.pgsteward.camel.lint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.PropertyBindingSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The second guard after the check of the text: a context that gets values which no check has seen. */
@Tag("fast")
class ClassGuardTest {
    private final CamelContext context = new DefaultCamelContext();
    private Path precious;

    @BeforeEach
    void guard(@TempDir Path folder) throws IOException {
        precious = Files.writeString(folder.resolve("precious"), "precious");
        RefusedComponents.refuse(context, Map.of("pgsteward.routes.types", "java.util.Random"));
    }

    @AfterEach
    void stop() {
        context.stop();
    }

    static Stream<String> values() {
        return Stream.of(
                "#class:java.io.FileOutputStream('FILE')",
                "%23class:java.io.FileOutputStream('FILE')",
                "%2523class:java.io.FileOutputStream('FILE')",
                "RAW(#class:java.io.FileOutputStream('FILE'))",
                "{{x:%23class:java.io.FileOutputStream('FILE')}}",
                "%23class:java.net.Socket('127.0.0.1',PORT)",
                "%23class:java.nio.file.Files%23delete('FILE')",
                "%23class:java.util.Random%23java.nio.file.Files:delete('FILE')",
                "%23class:java.util.Random('%23class:java.io.FileOutputStream(FILE)')",
                "%23class:org.apache.camel.util.FileUtil%23deleteFile('FILE')",
                "%23class:java.io.File%23createTempFile('a','b')",
                "%23type:java.lang.Runtime",
                "%23valueAs(java.lang.Class):java.lang.Runtime");
    }

    /** The body of a message forms the address, so no text of a file contains it. */
    @ParameterizedTest
    @MethodSource("values")
    void noAddressThatIsPutTogetherAtRunTimeMakesAnObject(String value) throws Exception {
        context.addRoutes(new RouteBuilder() {
            @Override
            public void configure() {
                from("direct:dynamic").toD("log:x?exchangeFormatter=${body}");
                from("direct:recipients").recipientList(simple("log:x?exchangeFormatter=${body}"));
                from("direct:enrich").enrich().simple("log:x?exchangeFormatter=${body}");
                from("direct:poll")
                        .pollEnrich()
                        .simple("timer:x?period=${body}")
                        .timeout(1);
                from("direct:tap").toD("file:x?processStrategy=${body}");
            }
        });
        context.start();
        try (ServerSocketChannel server = listen()) {
            String attack = filled(value, server);
            for (String route : List.of("dynamic", "recipients", "enrich", "poll", "tap")) {
                assertThatThrownBy(() -> context.createProducerTemplate().sendBody("direct:" + route, attack))
                        .as("%s by %s", attack, route)
                        .isNotNull();
            }
            nothingHappened(server);
        }
    }

    @ParameterizedTest
    @MethodSource("values")
    void aContextToThrowAwayMakesNoObjectOfAnOption(String value) throws Exception {
        try (Scratch scratch = new Scratch(Map.of(), Map.of());
                ServerSocketChannel server = listen()) {
            assertThatThrownBy(() -> scratch.context.getEndpoint("log:x?exchangeFormatter=" + filled(value, server)))
                    .isNotNull();
            nothingHappened(server);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "class:java.io.FileOutputStream",
                "class:java.lang.Runtime?method=getRuntime",
                "bean:java.lang.ProcessBuilder",
                "bean\n:x",
                "language:simple:x"
            })
    void noComponentThatCallsClassesIsMade(String uri) {
        assertThatThrownBy(() -> context.getEndpoint(uri)).isNotNull();
        try (Scratch scratch = new Scratch(Map.of(), Map.of())) {
            assertThatThrownBy(() -> scratch.context.getEndpoint(uri)).isNotNull();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "${bean:type:java.lang.System?method=getenv}",
                "${bean:type:java.lang.ProcessHandle?method=current}",
                "${type:java.lang.System.out}"
            })
    void noExpressionReachesAClass(String expression) {
        context.start();

        assertThatThrownBy(() -> context.resolveLanguage("simple")
                        .createExpression(expression)
                        .evaluate(context.getEndpoint("log:x").createExchange(), Object.class))
                .hasStackTraceContaining("ClassNotFoundException");
    }

    @Test
    void anArgumentOfABeanThatEndsItsQuotesMakesNoOtherObject() {
        RouteFiles files = RouteFiles.of(new java.util.TreeMap<>(Map.of("a.camel.yaml", """
                - beans:
                    - name: rt
                      type: java.io.File
                      constructors: {0: 'a", "#class:java.io.FileOutputStream(%s)'}
                """.formatted(precious))));
        assertThat(new RouteModel(context).beans(RouteSet.of(files).beans().values()))
                .containsKey("rt");
        assertThat(precious).hasContent("precious");
    }

    @Test
    void refusalNamesTheSettingThatAllowsTheType() {
        assertThatThrownBy(() -> context.getEndpoint("log:x?exchangeFormatter=#class:java.util.Scanner('x')"))
                .hasStackTraceContaining("java.util.Scanner")
                .hasStackTraceContaining("PGSTEWARD_ROUTES_TYPES");
    }

    @Test
    void listedTypesAndTypesOfCamelAreFound() throws Exception {
        assertThat(PropertyBindingSupport.resolveBean(context, "#class:java.util.Random"))
                .isInstanceOf(java.util.Random.class);
        for (String name : List.of(
                "int",
                "byte[]",
                "String",
                "java.lang.String[]",
                "java.util.Map",
                "java.time.Instant",
                "java.io.InputStream",
                "java.io.IOException",
                "org.apache.camel.Exchange",
                "org.pgsteward.model.Condition")) {
            assertThat(context.getClassResolver().resolveMandatoryClass(name))
                    .as(name)
                    .isNotNull();
        }
        assertThat(context.getClassResolver().resolveClass("java.lang.ProcessBuilder"))
                .isNull();
        assertThat(context.getClassResolver().resolveClass("java.lang.ProcessBuilder[]"))
                .isNull();
        assertThat(context.getClassResolver().resolveClass(" java.lang.Runtime\n"))
                .isNull();
    }

    @Test
    void aReferenceToABeanIsAReferenceStill() throws Exception {
        context.getRegistry().bind("mine", new org.apache.camel.support.processor.DefaultExchangeFormatter());

        assertThat(context.getEndpoint("log:x?exchangeFormatter=#mine")).isNotNull();
        assertThat(context.getEndpoint("log:y?exchangeFormatter=%23bean:mine")).isNotNull();
    }

    private static ServerSocketChannel listen() throws IOException {
        ServerSocketChannel server = ServerSocketChannel.open();
        server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        server.configureBlocking(false);
        return server;
    }

    private String filled(String value, ServerSocketChannel server) throws IOException {
        int port = ((InetSocketAddress) server.getLocalAddress()).getPort();
        return value.replace("FILE", precious.toString()).replace("PORT", Integer.toString(port));
    }

    private void nothingHappened(ServerSocketChannel server) throws IOException {
        assertThat(precious).hasContent("precious");
        assertThat(server.accept()).as("a connection").isNull();
    }
}
