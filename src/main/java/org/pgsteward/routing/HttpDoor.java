package org.pgsteward.routing;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import org.apache.camel.CamelContext;
import org.apache.camel.health.HealthCheck;
import org.apache.camel.health.HealthCheckHelper;
import org.pgsteward.routing.page.StatusPage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one port: the status page, health and figures, all of them read-only.
 *
 * <p>Why the runtime's own server: Camel's brings vert.x and netty, which cost more memory than everything they would
 * serve here.
 */
public final class HttpDoor implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(HttpDoor.class);

    /** Camel's word for it; by default it leaves out the checks that are well. */
    private static final String EVERY_CHECK = "full";

    /** What a browser may load, run, or be shown in, from what is no page. */
    private static final String NOTHING_AT_ALL = "default-src 'none'; frame-ancestors 'none'";

    private final HttpServer server;
    private final ExecutorService threads;
    private final ObjectMapper json;

    private HttpDoor(HttpServer server, ExecutorService threads, ObjectMapper json) {
        this.server = server;
        this.threads = threads;
        this.json = json;
    }

    /** What is said to a caller. */
    private record Answer(int status, String type, String text, String policy) {
        Answer(int status, String type, String text) {
            this(status, type, text, NOTHING_AT_ALL);
        }
    }

    /** Seconds. Whoever sends half a request must not keep a thread for ever; the JDK's own limit is none. */
    private static final String LONGEST_REQUEST = "10";

    /** @throws IOException when the port is taken, with its number */
    public static HttpDoor open(
            InetSocketAddress address, Pipeline pipeline, Figures figures, StatusPage page, ObjectMapper json)
            throws IOException {
        System.setProperty("sun.net.httpserver.maxReqTime", LONGEST_REQUEST);
        HttpServer server;
        try {
            server = HttpServer.create(address, 16);
        } catch (IOException e) {
            throw new IOException(
                    "cannot listen on " + address.getHostString() + ":" + address.getPort() + " (" + e.getMessage()
                            + "): set pgsteward.http.port to a free one",
                    e);
        }
        // Two: a slow scrape must not hold up the health check that decides whether we are restarted.
        ExecutorService threads = Executors.newFixedThreadPool(2, work -> {
            Thread thread = new Thread(null, work, "http", 256 * 1024);
            thread.setDaemon(true);
            return thread;
        });
        server.setExecutor(threads);
        HttpDoor door = new HttpDoor(server, threads, json);
        CamelContext context = pipeline.context();
        door.serve("/", () -> {
            StatusPage.Page now = page.now();
            return new Answer(200, "text/html; charset=utf-8", now.html(), now.policy());
        });
        door.serve(
                "/observe/health",
                () -> door.health(HealthCheckHelper.invoke(context, EVERY_CHECK), overall(page.health())));
        door.serve(
                "/observe/health/live",
                () -> door.health(HealthCheckHelper.invokeLiveness(context, EVERY_CHECK), Map.of()));
        door.serve(
                "/observe/health/ready",
                () -> door.health(HealthCheckHelper.invokeReadiness(context, EVERY_CHECK), Map.of()));
        door.serve(
                "/observe/metrics",
                () -> new Answer(200, "text/plain; version=0.0.4; charset=utf-8", figures.scrape()));
        server.start();
        return door;
    }

    public int port() {
        return server.getAddress().getPort();
    }

    /** For those who watch from outside: what the page's headline says, whatever pgsteward's own checks say. */
    private static Map<String, Object> overall(OverallHealth health) {
        Map<String, Object> words = new LinkedHashMap<>();
        words.put("well", health.isWell());
        words.put("headline", health.headline());
        return words;
    }

    /** @param more is put before the checks, and does not change the status */
    private Answer health(Collection<HealthCheck.Result> results, Map<String, Object> more) {
        List<Map<String, Object>> checks = new ArrayList<>();
        for (HealthCheck.Result result : results) {
            String id = result.getCheck().getId();
            boolean everyRoute = id.startsWith("route:") || id.startsWith("consumer:");
            if (everyRoute && result.getState() == HealthCheck.State.UP) {
                continue;
            }
            Map<String, Object> check = new LinkedHashMap<>();
            check.put("name", id);
            check.put("status", result.getState());
            result.getMessage().ifPresent(message -> check.put("message", message));
            checks.add(check);
        }
        boolean up = results.stream().noneMatch(result -> result.getState() == HealthCheck.State.DOWN);
        Map<String, Object> body = new LinkedHashMap<>();
        body.put("status", up ? "UP" : "DOWN");
        body.putAll(more);
        body.put("checks", checks);
        try {
            return new Answer(up ? 200 : 503, "application/json", json.writeValueAsString(body) + "\n");
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private void serve(String path, Supplier<Answer> supplier) {
        server.createContext(path, exchange -> {
            try (exchange) {
                answer(exchange, path, supplier);
            } catch (RuntimeException e) {
                LOG.warn("{} could not be answered: {}", path, BackupDesk.reason(e));
            }
        });
    }

    private static void answer(HttpExchange exchange, String path, Supplier<Answer> supplier) throws IOException {
        Answer answer;
        if (!exchange.getRequestURI().getPath().equals(path)) {
            answer = new Answer(404, "text/plain; charset=utf-8", "there is nothing here\n");
        } else if (!List.of("GET", "HEAD").contains(exchange.getRequestMethod())) {
            answer = new Answer(405, "text/plain; charset=utf-8", "this port is read-only\n");
        } else {
            answer = supplier.get();
        }
        byte[] bytes = answer.text().getBytes(StandardCharsets.UTF_8);
        var headers = exchange.getResponseHeaders();
        if (answer.status() == 405) {
            headers.set("Allow", "GET, HEAD");
        }
        headers.set("Content-Type", answer.type());
        headers.set("Cache-Control", "no-store");
        headers.set("X-Content-Type-Options", "nosniff");
        headers.set("Referrer-Policy", "no-referrer");
        headers.set("Content-Security-Policy", answer.policy());
        boolean head = "HEAD".equals(exchange.getRequestMethod());
        exchange.sendResponseHeaders(answer.status(), head ? -1 : bytes.length);
        if (!head) {
            exchange.getResponseBody().write(bytes);
        }
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
