package org.pgsteward.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.github.dockerjava.api.model.Event;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.pgsteward.model.Container;

/** A container may have labels and variables of any number and length. A container with too many hides no other. */
@Tag("fast")
class OversizedContainersTest {
    private static final String LONG = "x".repeat(3_000_000);

    private final Map<String, String> inspected = new TreeMap<>();

    /** The names of the containers that were inspected, in order. */
    private final List<String> inspections = new CopyOnWriteArrayList<>();

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private HttpServer server;
    private DockerEngine engine;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/", this::answer);
        server.start();
        engine = DockerEngine.at("tcp://127.0.0.1:" + server.getAddress().getPort());
    }

    @AfterEach
    void stop() {
        engine.close();
        server.stop(0);
        threads.shutdownNow();
    }

    @Test
    void megabytesOfLabelsAreNamedAndTheOthersAreRead() {
        container("app", 1, Map.of("pgsteward.service", "app"), List.of("DB_NAME=app"));
        container("long-label", 2, Map.of("a", LONG, LONG, "b"), List.of());
        container(
                "many-labels",
                3,
                IntStream.range(0, 300).boxed().collect(Collectors.toMap(i -> "label" + i, i -> "y".repeat(10_000))),
                List.of());
        container("long-variable", 4, Map.of(), List.of("BLOB=" + LONG));
        container("last", 5, Map.of(), List.of());

        Listing listing = engine.list();

        assertThat(listing.containers()).extracting(Container::name).containsExactly("app", "last");
        assertThat(listing.oversized())
                .extracting(OversizedContainer::name)
                .containsExactly("long-label", "many-labels", "long-variable");
        assertThat(listing.oversized()).allSatisfy(container -> {
            assertThat(container.limit()).isEqualTo(ContainerReading.MOST_BYTES);
            assertThat(container.bytes()).isEqualTo(ContainerReading.MOST_BYTES + 1L);
        });
        assertThat(engine.container("long-label")).isEmpty();
        assertThat(engine.addresses()).containsEntry("10.0.0.1", "app").containsEntry("10.0.0.5", "last");
    }

    @Test
    void onlyUsedLabelsAndVariablesAreKept() {
        container(
                "app",
                1,
                Map.of("pgsteward.service", "app", "com.docker.compose.project", "home", "traefik.rule", "long"),
                List.of("DB_NAME=app", "CERTIFICATE=" + "c".repeat(20_000)));

        Container read = engine.container("app").orElseThrow();

        assertThat(read.labels()).containsOnlyKeys("pgsteward.service", "com.docker.compose.project");
        assertThat(read.environment()).containsOnlyKeys("DB_NAME");
    }

    @Test
    void manyContainersTogetherCrowdOutNewOnesAndNotTheOldest() {
        String eight = "v".repeat(8_000);
        container("oldest", 1, Map.of(), List.of("DB_NAME=app"));
        for (int i = 0; i < 14; i++) {
            int container = i;
            container(
                    "crowd" + i,
                    100 + i,
                    Map.of(),
                    IntStream.range(0, 20)
                            .mapToObj(v -> "V" + container + "_" + v + "=" + eight)
                            .toList());
        }
        container("newest", 1000, Map.of(), List.of("PADDING=" + "p".repeat(8_000)));

        Listing listing = engine.list();

        assertThat(listing.containers())
                .extracting(Container::name)
                .startsWith("oldest", "crowd0")
                .doesNotContain("crowd13");
        assertThat(listing.oversized())
                .isNotEmpty()
                .allSatisfy(container ->
                        assertThat(container.largest()).hasSize(3).containsKeys("crowd10", "crowd11", "crowd12"));
    }

    /** An inspection that is kept takes memory, and the limit of all containers is a limit of memory. */
    @Test
    void nothingIsKeptOfContainersBeyondTheLimits() {
        List<String> variables = IntStream.range(0, 20)
                .mapToObj(v -> "V" + v + "=" + "v".repeat(8_000))
                .toList();
        for (int i = 0; i < 14; i++) {
            container("crowd" + i, 1 + i, Map.of(), variables);
        }
        container("long-variable", 100, Map.of(), List.of("BLOB=" + LONG));
        engine.list();
        assertThat(inspections).hasSize(15);
        inspections.clear();

        Listing again = engine.list();

        assertThat(again.containers()).isNotEmpty();
        assertThat(inspections)
                .containsExactlyInAnyOrderElementsOf(
                        again.oversized().stream().map(OversizedContainer::name).toList())
                .contains("long-variable", "crowd13");
    }

    /** Once, containers that were created and never started used up the room for the others. */
    @Test
    void containersThatWereNeverStartedCrowdOutNone() {
        List<String> variables = IntStream.range(0, 20)
                .mapToObj(v -> "V" + v + "=" + "v".repeat(8_000))
                .toList();
        for (int i = 0; i < 14; i++) {
            container("made" + i, 1 + i, Map.of(), variables);
            inspected.computeIfPresent(
                    "made" + i, (name, both) -> both.replaceFirst("\\{", "{\"State\": \"created\", "));
        }
        container("newest", 1000, Map.of(), List.of("PADDING=" + "p".repeat(8_000)));

        Listing listing = engine.list();

        assertThat(listing.containers()).extracting(Container::name).startsWith("newest", "made0");
        assertThat(listing.oversized()).extracting(OversizedContainer::name).contains("made13");
    }

    @Test
    void aListOfMoreContainersThanAHostHasIsReadInPart() {
        for (int i = 0; i < ContainerList.MOST + 5; i++) {
            inspected.put("c" + i, listEntry("c" + i, i, Map.of()));
        }
        assertThat(engine.addresses()).hasSize(ContainerList.MOST);
    }

    @Test
    void eventKeepsUsedAttributes() throws Exception {
        try (EventStream events = new EventSource(engine, Clock.systemUTC()).follow(Instant.EPOCH)) {
            Optional<Event> event = events.next();
            assertThat(event.orElseThrow().getActor().getAttributes())
                    .containsOnlyKeys("name", "exitCode", "pgsteward.service");
            assertThat(event.orElseThrow().getAction()).isEqualTo("die");
            assertThat(events.next().orElseThrow().getAction()).isEqualTo("start");
        }
    }

    /**
     * Otherwise the feed would treat the stream as deaf every ten seconds, as long as the engine remembers these
     * events.
     */
    @Test
    void aSpanOfEventsMayBeLongerThanAnAnswerThatIsHeldAsAWhole() {
        assertThat(new EventSource(engine, Clock.systemUTC()).between(Instant.EPOCH, Instant.now()))
                .extracting(Event::getAction)
                .containsExactly("die", "start");
    }

    @Test
    void anAnswerWithoutAnEndThatARouteAsksForIsAnError() {
        assertThatThrownBy(() -> engine.client().listImagesCmd().exec())
                .isInstanceOf(EngineAway.class)
                .hasMessageContaining("the limit of " + Deadline.MOST_BYTES + " bytes");
        await().until(engine::answers);
    }

    private void container(String name, int created, Map<String, String> labels, List<String> variables) {
        inspected.put(
                name,
                listEntry(name, created, labels) + "\n" + """
                {"Id": "%s", "Name": "/%s", "State": {"Status": "running", "Running": true},
                 "Created": "2026-01-01T00:00:00Z", "Config": {"Image": "i", "Labels": %s, "Env": %s}}""".formatted(name, name, object(labels), list(variables)));
    }

    private static String listEntry(String name, int created, Map<String, String> labels) {
        return """
                {"Id": "%s", "Names": ["/%s"], "Labels": %s, "Created": %d, "Status": "Up 2 hours",
                 "NetworkSettings": {"Networks": {"IPAddress": {"IPAddress": "10.0.%d.%d"}}}}""".formatted(name, name, object(labels), created, created / 256, created % 256)
                .replace("\n", " ");
    }

    private static String object(Map<String, String> texts) {
        return texts.entrySet().stream()
                .map(text -> '"' + text.getKey() + "\":\"" + text.getValue() + '"')
                .collect(Collectors.joining(",", "{", "}"));
    }

    private static String list(List<String> texts) {
        return texts.stream().map(text -> '"' + text + '"').collect(Collectors.joining(",", "[", "]"));
    }

    private void answer(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath();
        try (exchange;
                OutputStream body = exchange.getResponseBody()) {
            exchange.sendResponseHeaders(200, 0);
            Stream<String> parts = Stream.of("OK");
            if (path.equals("/containers/json")) {
                parts = Stream.of("["
                        + inspected.values().stream()
                                .map(both -> both.lines().findFirst().orElseThrow())
                                .collect(Collectors.joining(","))
                        + "]");
            } else if (path.startsWith("/containers/")) {
                inspections.add(path.replaceAll("^/containers/|/json$", ""));
                String both = inspected.getOrDefault(path.replaceAll("^/containers/|/json$", ""), "");
                parts = Stream.of(both.substring(both.indexOf('\n') + 1));
            } else if (path.equals("/events")) {
                parts = Stream.of(
                        event(
                                "die",
                                Map.of(
                                        "name",
                                        "app",
                                        "exitCode",
                                        "1",
                                        "pgsteward.service",
                                        "app",
                                        "a",
                                        LONG,
                                        LONG,
                                        "b")),
                        event("start", Map.of("name", "app")));
            } else if (path.equals("/images/json")) {
                parts = Stream.generate(() -> "          ".repeat(1000));
            }
            for (String part : (Iterable<String>) parts::iterator) {
                body.write(part.getBytes(StandardCharsets.UTF_8));
                body.flush();
            }
        }
    }

    private static String event(String action, Map<String, String> attributes) {
        return """
                {"Type": "container", "Action": "%s", "Actor": {"ID": "1", "Attributes": %s}, "time": 1, "timeNano": 1000000000}
                """.formatted(action, object(attributes));
    }
}
