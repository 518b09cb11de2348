package org.pgsteward.engine.recorded;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.pgsteward.io.Json;
import org.pgsteward.io.Threads;

/**
 * Server of recorded scenes over the Docker API on a port of this host. Each {@link #play} changes the answers to list,
 * inspect and stats, and sends the scene's events with the current time.
 */
public final class RecordedEngine implements AutoCloseable {
    private static final Pattern ONE = Pattern.compile("/containers/([^/]+)/(json|stats)");
    private static final String LOG = "/containers/postgresql/logs";
    private static final ObjectMapper JSON = Json.mapper();

    private final HttpServer server;
    private final ExecutorService threads;
    private final EventRing ring;
    private final Clock clock;
    private volatile Optional<RecordedLog> log = Optional.empty();
    private final JsonNode version;
    private final Map<String, JsonNode> containers = new LinkedHashMap<>();
    private final Map<String, JsonNode> stats = new LinkedHashMap<>();

    /** The time of the last change of each container. */
    private final Map<String, Instant> changed = new LinkedHashMap<>();

    /**
     * Listens at once on a free port of the loopback address, without containers.
     *
     * @throws IOException if it cannot listen
     */
    public RecordedEngine(Clock clock) throws IOException {
        this.clock = clock;
        ring = new EventRing(clock);
        version = Scene.version();
        threads = Executors.newCachedThreadPool(Threads.factory("recorded-engine", Threads.DEFAULT_STACK));
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/", this::answer);
        server.start();
    }

    /** Returns the value for {@code pgsteward.docker.host}. */
    public String host() {
        return "tcp://127.0.0.1:" + server.getAddress().getPort();
    }

    /**
     * Plays a scene: {@code deploy}, {@code service-crash}, {@code service-back}, {@code memory-high} or
     * {@code memory-normal}. A scene's document of a container replaces the one of an earlier scene.
     *
     * @throws IOException if there is no recording of that name
     */
    public void play(String name) throws IOException {
        Scene scene = Scene.read(name);
        synchronized (this) {
            containers.putAll(scene.containers());
            scene.containers().keySet().forEach(container -> changed.put(container, clock.instant()));
            stats.putAll(scene.stats());
        }
        scene.events().forEach(ring::happen);
    }

    /**
     * Adds a copy of a recorded container, without an event.
     *
     * @param like a container of a scene that was played
     * @param change sets the copy's name, id and variables
     */
    public synchronized void add(String like, String name, UnaryOperator<ObjectNode> change) {
        containers.put(
                name, change.apply(Objects.requireNonNull(containers.get(like)).deepCopy()));
        stats.put(name, stats.get(like));
        changed.put(name, clock.instant());
    }

    /** Adds a copy as {@link #add} does, and sends the event of its creation. */
    public void create(String like, String name, UnaryOperator<ObjectNode> change) {
        add(like, name, change);
        ring.happen(creation(name));
    }

    private synchronized ObjectNode creation(String name) {
        JsonNode container = Objects.requireNonNull(containers.get(name));
        ObjectNode event = JSON.createObjectNode();
        event.put("Type", "container").put("Action", "create");
        ObjectNode actor =
                event.putObject("Actor").put("ID", container.path("Id").asText());
        ObjectNode attributes = container.path("Config").path("Labels").deepCopy();
        actor.set("Attributes", attributes.put("name", name));
        return event;
    }

    /** Sets the log of the container {@code postgresql}: the recent output of a PostgreSQL on this host. */
    public void logs(Supplier<String> said) {
        log = Optional.of(new RecordedLog(said, clock));
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            // A client that is pinned to a version of the API puts the version before the path.
            String path = exchange.getRequestURI().getPath().replaceFirst("^/v1\\.\\d+", "");
            if (path.equals("/events")) {
                ring.stream(exchange);
                return;
            }
            String query = Objects.requireNonNullElse(exchange.getRequestURI().getRawQuery(), "");
            Optional<String> found =
                    exchange.getRequestMethod().equals("GET") ? document(path, query) : Optional.empty();
            byte[] body =
                    found.orElse("{\"message\":\"not recorded: " + path + "\"}").getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders()
                    .set(
                            "Content-Type",
                            found.isPresent() && path.equals("/_ping") ? "text/plain" : "application/json");
            exchange.sendResponseHeaders(found.isPresent() ? 200 : 404, body.length);
            exchange.getResponseBody().write(body);
        }
    }

    private synchronized Optional<String> document(String path, String query) {
        Matcher one = ONE.matcher(path);
        return switch (path) {
            case "/_ping" -> Optional.of("OK");
            case "/version" -> Optional.of(version.toString());
            case LOG -> log.map(said -> said.answer(query));
            case "/containers/json" -> Optional.of(list().toString());
            default ->
                one.matches()
                        ? name(one.group(1))
                                .map(name -> one.group(2).equals("json") ? containers.get(name) : measured(name))
                                .map(JsonNode::toString)
                        : Optional.empty();
        };
    }

    private Optional<String> name(String idOrName) {
        return containers.entrySet().stream()
                .filter(entry -> entry.getKey().equals(idOrName)
                        || entry.getValue().path("Id").asText().startsWith(idOrName))
                .map(Map.Entry::getKey)
                .findFirst();
    }

    private JsonNode measured(String name) {
        boolean runs = Optional.ofNullable(containers.get(name))
                .map(document -> document.path("State").path("Running").asBoolean())
                .orElse(false);
        // The engine also answers for a stopped container, without figures.
        return Optional.ofNullable(stats.get(name)).filter(figures -> runs).orElseGet(JSON::createObjectNode);
    }

    private ArrayNode list() {
        ArrayNode list = JSON.createArrayNode();
        containers.forEach((name, document) -> {
            ObjectNode entry = list.addObject();
            entry.put("Id", document.path("Id").asText());
            entry.putArray("Names").add(document.path("Name").asText());
            entry.put("Image", document.path("Config").path("Image").asText());
            entry.put("ImageID", document.path("Image").asText());
            entry.put("State", document.path("State").path("Status").asText());
            entry.put("Status", status(document.path("State"), changed.getOrDefault(name, Instant.EPOCH)));
            entry.set("Labels", document.path("Config").path("Labels"));
            entry.set("NetworkSettings", document.path("NetworkSettings"));
        });
        return list;
    }

    /** Returns the state in Docker's words, with the time since the last change. */
    private String status(JsonNode state, Instant since) {
        Duration duration = Duration.between(since, clock.instant());
        String words = duration.toMinutes() < 2 ? duration.toSeconds() + " seconds" : duration.toMinutes() + " minutes";
        String health = state.path("Health").path("Status").asText();
        return state.path("Running").asBoolean()
                ? "Up " + words + (health.isEmpty() ? "" : " (" + health + ")")
                : "Exited (" + state.path("ExitCode").asInt() + ") " + words + " ago";
    }

    @Override
    public void close() {
        ring.close();
        server.stop(0);
        threads.shutdownNow();
    }
}
