package org.pgsteward.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.pgsteward.TestHost;
import org.pgsteward.engine.FakeDaemon;
import org.pgsteward.model.Condition;
import org.pgsteward.postgres.NeedsPostgres;

/** Edits of one route file do not disturb the routes of another file while they work. */
@NeedsPostgres
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class RouteEditElsewhereIT {
    private static final Duration PATIENCE = Duration.ofMinutes(3);

    /** Routes with state that a restart would lose or repeat. Their rows show their work. */
    private static final String OPERATORS = """
            - beans:
                - name: op-strategy
                  type: org.apache.camel.processor.aggregate.UseLatestAggregationStrategy
            - route:
                id: op-slow
                from:
                  uri: quartz:op/slow
                  parameters: {cron: "0/1 * * * * ?", stateful: true}
                  steps:
                    - to: "sql:INSERT INTO public.op VALUES ('begin')?dataSource=#management"
                    - to: "sql:SELECT public.op_wait()?dataSource=#management"
                    - to: "sql:INSERT INTO public.op VALUES ('end')?dataSource=#management"
            - route:
                id: op-file
                from:
                  uri: file:FOLDER
                  parameters: {delay: 200, initialDelay: 0, delete: true}
                  steps:
                    - to: "sql:INSERT INTO public.op VALUES ('file')?dataSource=#management"
                    - to: "sql:SELECT public.op_wait()?dataSource=#management"
                    - to: "sql:INSERT INTO public.op VALUES ('file-end')?dataSource=#management"
            - route:
                id: op-once
                from:
                  uri: timer:op-once
                  parameters: {delay: 0, repeatCount: 1}
                  steps:
                    - to: "sql:INSERT INTO public.op VALUES ('once')?dataSource=#management"
            - route:
                id: op-collect
                from:
                  uri: direct:op-collect
                  steps:
                    - aggregate:
                        completionSize: 2
                        correlationExpression: {constant: {expression: "all"}}
                        aggregationStrategy: "#op-strategy"
                        steps:
                          - to: "sql:INSERT INTO public.op VALUES ('collected')?dataSource=#management"
            - route:
                id: op-events
                from:
                  uri: docker:events
                  parameters: {maxPerRouteConnections: 99}
                  steps:
                    - filter:
                        simple: "${body.action} == 'pause'"
                        steps:
                          - setHeader: {name: who, simple: {expression: "${body.actor.id}"}}
                          - to: "sql:INSERT INTO public.op VALUES (:#who)?dataSource=#management"
            """;

    @Test
    void routesOfOtherFilesDoNotNotice() throws Exception {
        try (TestHost host = TestHost.start();
                FakeDaemon docker = new FakeDaemon()) {
            docker.listNone();
            Path routes = shipped(Files.createDirectory(host.folder().resolve("routes")));
            Path requests = Files.createDirectory(host.folder().resolve("op-requests"));
            host.wiring().house.order();
            host.cluster().run("homelab", "CREATE TABLE public.op (what text)");
            // The function polls instead of waiting for a lock, because a session of pgsteward waits for a lock for
            // only 30 seconds.
            host.cluster().run("homelab", """
                    CREATE FUNCTION public.op_wait() RETURNS void LANGUAGE plpgsql AS $$
                    BEGIN
                        WHILE NOT EXISTS (SELECT FROM public.op WHERE what = 'go on') LOOP
                            PERFORM pg_sleep(0.05);
                        END LOOP;
                    END $$""");
            Files.writeString(routes.resolve("operators.camel.yaml"), OPERATORS.replace("FOLDER", requests.toString()));
            Files.writeString(requests.resolve("a.json"), "{}");
            Path state = state(host);
            Wiring wiring = host.wiring(Map.of(
                    "pgsteward.routes.dir",
                    routes.toString(),
                    "pgsteward.routes.types",
                    "org.apache.camel.processor.aggregate.UseLatestAggregationStrategy",
                    "pgsteward.state.dir",
                    state.toString(),
                    "pgsteward.docker.host",
                    docker.host(),
                    "pgsteward.http.port",
                    "0"));
            AtomicInteger happened = new AtomicInteger();
            List<Exception> failed = new CopyOnWriteArrayList<>();
            ScheduledExecutorService busy = Executors.newScheduledThreadPool(2);
            try (Daemon daemon = wiring.daemon()) {
                daemon.start();
                await().atMost(PATIENCE).until(daemon::hears);
                await().atMost(PATIENCE)
                        .until(() -> count(host, "begin") == 1 && count(host, "file") == 1 && count(host, "once") == 1);
                wiring.routeClient.submit("direct:op-collect", "first");
                List<Future<?>> going = List.of(
                        busy.scheduleWithFixedDelay(
                                () -> docker.happens("pause", "n" + happened.incrementAndGet()),
                                0,
                                50,
                                TimeUnit.MILLISECONDS),
                        busy.scheduleWithFixedDelay(() -> raise(wiring, failed), 0, 5, TimeUnit.MILLISECONDS));

                edit(routes, daemon, "backups.delay:1m}}", "backups.delay:2m}}");
                assertThat(state.resolve("routes/monitor.camel.yaml"))
                        .as("route files in force")
                        .hasSameTextualContentAs(routes.resolve("monitor.camel.yaml"));
                edit(routes, daemon, "backups.delay:2m}}", "backups.delay:1m}}");

                assertThat(going).as("tasks stopped by an exception").noneMatch(Future::isDone);
                busy.shutdown();
                assertThat(busy.awaitTermination(1, TimeUnit.MINUTES)).isTrue();
                wiring.routeClient.submit("direct:op-collect", "second");
                await().atMost(PATIENCE).until(() -> count(host, "n%") >= happened.get());
                await().during(Duration.ofSeconds(2))
                        .atMost(PATIENCE)
                        .until(() -> count(host, "begin") == 1
                                && count(host, "file") == 1
                                && count(host, "once") == 1
                                && count(host, "collected") == 1
                                && count(host, "n%") == happened.get());
                assertThat(failed).isEmpty();
                assertThat(wiring.alerts.firing()).extracting("kind").doesNotContain("route-refused");
                host.cluster().run("homelab", "INSERT INTO public.op VALUES ('go on')");
                await().atMost(PATIENCE).until(() -> count(host, "file-end") == 1 && count(host, "end") > 0);
            } finally {
                busy.shutdownNow();
            }
        }
    }

    private static void raise(Wiring wiring, List<Exception> failed) {
        Exception failure = wiring.routeClient
                .ask("direct:alert-raise", Condition.well("kind", "service", "all is well", java.time.Instant.now()))
                .getException();
        if (failure != null) {
            failed.add(failure);
        }
    }

    private static Path state(TestHost host) throws IOException {
        Path state = Files.createTempDirectory(host.folder(), "state-");
        Files.setPosixFilePermissions(state, PosixFilePermissions.fromString("rwx--x--x"));
        return state;
    }

    private static Path shipped(Path routes) throws IOException {
        try (Stream<Path> files = Files.walk(Path.of("routes"))) {
            for (Path file :
                    files.filter(path -> path.toString().endsWith(".yaml")).toList()) {
                Path copy = routes.resolve(Path.of("routes").relativize(file).toString());
                Files.createDirectories(copy.getParent());
                Files.copy(file, copy);
            }
        }
        return routes;
    }

    /** Changes a route that no test uses. */
    private static void edit(Path routes, Daemon daemon, String before, String after) throws IOException {
        Path file = routes.resolve("monitor.camel.yaml");
        String text = Files.readString(file);
        assertThat(text).contains(before);
        Files.writeString(file, text.replace(before, after));
        daemon.routes().look();
        daemon.routes().look();
        daemon.routes().look();
    }

    private static long count(TestHost host, String what) throws Exception {
        return Long.parseLong(host.rows("homelab", "SELECT count(*) FROM public.op WHERE what LIKE '" + what + "'")
                .get(0));
    }
}
