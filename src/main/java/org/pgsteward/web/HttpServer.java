package org.pgsteward.web;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.pgsteward.io.Threads;
import org.pgsteward.model.FirstCause;
import org.pgsteward.overview.HealthChecks;
import org.pgsteward.overview.OverallHealth;
import org.pgsteward.overview.Standby;
import org.pgsteward.web.http.HttpListener;
import org.pgsteward.web.http.RequestHead;
import org.pgsteward.web.http.Response;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The only port: status page, health and metrics, all read-only.
 *
 * <p>Health requests have threads of their own, so that slow metrics or many requests for the page do not delay them.
 * The liveness check decides whether the container is restarted, and waits for no check that queries PostgreSQL.
 */
public final class HttpServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(HttpServer.class);

    private static final String HEALTH = "/observe/health";

    /** Limit of the requests that wait in each lane. */
    private static final int MOST_WAITING = 64;

    private final HttpListener listener;
    private final List<ExecutorService> lanes;

    private HttpServer(HttpListener listener, List<ExecutorService> lanes) {
        this.listener = listener;
        this.lanes = lanes;
    }

    /**
     * Opens the port of a working daemon.
     *
     * @throws IOException if the port is taken, with its number
     */
    public static HttpServer open(
            InetSocketAddress address, HealthChecks checks, Metrics figures, StatusPage page, ObjectMapper json)
            throws IOException {
        Map<String, Supplier<Response>> paths = Map.of(
                "/",
                () -> {
                    StatusPage.Page now = page.now();
                    return new Response(200, "text/html; charset=utf-8", now.html(), now.policy());
                },
                "/observe/health",
                () -> health(checks.run(HealthChecks.Probe.ALL), overall(page), json),
                "/observe/health/live",
                () -> health(checks.run(HealthChecks.Probe.LIVENESS), Map.of(), json),
                "/observe/health/ready",
                () -> health(checks.run(HealthChecks.Probe.READINESS), Map.of(), json),
                "/observe/metrics",
                () -> new Response(200, "text/plain; version=0.0.4; charset=utf-8", figures.scrape()));
        return open(address, paths);
    }

    /** Opens the port of a standby, which answers that it is alive and stands by. */
    public static HttpServer standby(InetSocketAddress address, Supplier<Standby> standby) throws IOException {
        Supplier<Response> health = () -> {
            // UP: a standby does its work, and a restart would change nothing.
            String words = standby.get().words().replace("\\", "/").replace("\"", "'");
            return new Response(
                    200,
                    "application/json",
                    "{\"status\":\"UP\",\"standby\":true,\"headline\":\"" + words + "\",\"checks\":[]}\n");
        };
        return open(
                address,
                Map.of(
                        "/",
                        () -> new Response(
                                200, "text/html; charset=utf-8", standby.get().html()),
                        HEALTH,
                        health,
                        HEALTH + "/live",
                        health,
                        HEALTH + "/ready",
                        health,
                        "/observe/metrics",
                        () -> new Response(200, "text/plain; version=0.0.4; charset=utf-8", Standby.metrics(false))));
    }

    /** Opens the port with the given answers. */
    static HttpServer open(InetSocketAddress address, Map<String, Supplier<Response>> paths) throws IOException {
        ExecutorService live = lane("http-live");
        ExecutorService health = lane("http-health");
        ExecutorService others = lane("http-page");
        List<ExecutorService> lanes = List.of(live, health, others);
        try {
            HttpListener listener = HttpListener.open(
                    address,
                    request -> request.path().startsWith(HEALTH + "/")
                            ? live
                            : request.path().equals(HEALTH) ? health : others,
                    request -> answer(request, paths),
                    Clock.systemUTC());
            return new HttpServer(listener, lanes);
        } catch (IOException e) {
            lanes.forEach(ExecutorService::shutdownNow);
            throw new IOException(
                    "cannot listen on " + address.getHostString() + ":" + address.getPort() + " (" + e.getMessage()
                            + "): set pgsteward.http.port to a free one",
                    e);
        }
    }

    private static ExecutorService lane(String name) {
        return new ThreadPoolExecutor(
                1, 1, 0, TimeUnit.SECONDS, new ArrayBlockingQueue<>(MOST_WAITING), Threads.factory(name, 256 * 1024));
    }

    public int port() {
        return listener.port();
    }

    private static Response answer(RequestHead request, Map<String, Supplier<Response>> paths) {
        Supplier<Response> path = paths.get(request.path());
        if (path == null) {
            return Response.plain(404, "there is nothing here");
        }
        return request.isRead() ? path.get() : Response.plain(405, "this port is read-only");
    }

    /** Returns the headline of the status page, for external monitoring. It is independent of the checks' status. */
    private static Map<String, Object> overall(StatusPage page) {
        try {
            OverallHealth health = page.health();
            Map<String, Object> words = new LinkedHashMap<>();
            words.put("well", health.isWell());
            words.put("headline", health.headline());
            return words;
        } catch (RuntimeException trouble) {
            // The checks are answered without it.
            LOG.warn("cannot say in /observe/health whether all is well: {}", FirstCause.of(trouble));
            return Map.of();
        }
    }

    /** @param more fields before the checks; they do not change the status */
    private static Response health(List<HealthChecks.Result> results, Map<String, Object> more, ObjectMapper json) {
        List<Map<String, Object>> checks = new ArrayList<>();
        for (HealthChecks.Result result : results) {
            Map<String, Object> check = new LinkedHashMap<>();
            check.put("name", result.name());
            check.put("status", result.status());
            result.message().ifPresent(message -> check.put("message", message));
            checks.add(check);
        }
        boolean up = results.stream().noneMatch(HealthChecks.Result::isDown);
        Map<String, Object> body = new LinkedHashMap<>();
        body.put("status", up ? "UP" : "DOWN");
        body.putAll(more);
        body.put("checks", checks);
        try {
            return new Response(up ? 200 : 503, "application/json", json.writeValueAsString(body) + "\n");
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        listener.close();
        lanes.forEach(ExecutorService::shutdownNow);
    }
}
