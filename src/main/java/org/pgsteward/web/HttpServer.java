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
import java.util.function.Function;
import java.util.function.Supplier;
import org.pgsteward.alert.OneLine;
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
    private static final String SERVICES = "/services/";

    /** Limit of the requests that wait in each lane. */
    private static final int MOST_WAITING = 64;

    /** The same for the pages of services, each of which may query PostgreSQL. */
    private static final int MOST_WAITING_FOR_SERVICES = 16;

    /** Limit of a name in an answer, in UTF-16 units. */
    private static final int MOST_CHARACTERS = 100;

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
            InetSocketAddress address,
            HealthChecks checks,
            Metrics figures,
            StatusPage page,
            ServicePage services,
            ObjectMapper json)
            throws IOException {
        Map<String, Supplier<Response>> paths = Map.of(
                "/",
                () -> html(page.now()),
                "/observe/health",
                () -> health(checks.run(HealthChecks.Probe.ALL), overall(page), json),
                "/observe/health/live",
                () -> health(checks.run(HealthChecks.Probe.LIVENESS), Map.of(), json),
                "/observe/health/ready",
                () -> health(checks.run(HealthChecks.Probe.READINESS), Map.of(), json),
                "/observe/metrics",
                () -> new Response(200, "text/plain; version=0.0.4; charset=utf-8", figures.scrape()));
        return open(
                address, paths, name -> services.of(name).map(HttpServer::html).orElseGet(() -> noService(name)));
    }

    private static Response html(StatusPage.Page page) {
        return new Response(200, "text/html; charset=utf-8", page.html(), page.policy());
    }

    private static Response noService(String name) {
        return Response.plain(
                404,
                "there is no service or database '" + OneLine.of(name, MOST_CHARACTERS)
                        + "'; the page at / lists all of them");
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
                        () -> new Response(200, "text/plain; version=0.0.4; charset=utf-8", Standby.metrics(false))),
                name -> Response.plain(404, "a standby has no pages of services"));
    }

    /** Opens the port with the given answers, and without pages of services. */
    static HttpServer open(InetSocketAddress address, Map<String, Supplier<Response>> paths) throws IOException {
        return open(address, paths, HttpServer::noService);
    }

    /**
     * Opens the port with the given answers.
     *
     * @param services answers to {@code /services/NAME}, by name
     */
    static HttpServer open(
            InetSocketAddress address, Map<String, Supplier<Response>> paths, Function<String, Response> services)
            throws IOException {
        ExecutorService live = lane("http-live", MOST_WAITING);
        ExecutorService health = lane("http-health", MOST_WAITING);
        ExecutorService service = lane("http-service", MOST_WAITING_FOR_SERVICES);
        ExecutorService others = lane("http-page", MOST_WAITING);
        List<ExecutorService> lanes = List.of(live, health, service, others);
        try {
            HttpListener listener = HttpListener.open(
                    address,
                    request -> {
                        String path = request.path();
                        if (path.startsWith(HEALTH + "/")) {
                            return live;
                        }
                        return path.equals(HEALTH) ? health : path.startsWith(SERVICES) ? service : others;
                    },
                    request -> answer(request, paths, services),
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

    private static ExecutorService lane(String name, int mostWaiting) {
        ThreadPoolExecutor lane = new ThreadPoolExecutor(
                1, 1, 5, TimeUnit.SECONDS, new ArrayBlockingQueue<>(mostWaiting), Threads.factory(name, 256 * 1024));
        // A thread without requests ends.
        lane.allowCoreThreadTimeOut(true);
        return lane;
    }

    public int port() {
        return listener.port();
    }

    private static Response answer(
            RequestHead request, Map<String, Supplier<Response>> paths, Function<String, Response> services) {
        String path = request.path();
        Supplier<Response> found =
                path.startsWith(SERVICES) ? () -> services.apply(path.substring(SERVICES.length())) : paths.get(path);
        if (found == null) {
            return Response.plain(404, "there is nothing here");
        }
        return request.isRead() ? found.get() : Response.plain(405, "this port is read-only");
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
            LOG.warn("cannot add the overall health to /observe/health: {}", FirstCause.of(trouble));
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
