package org.pgsteward.capacity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.pgsteward.ChildJava;
import org.pgsteward.TestHost;
import org.pgsteward.engine.recorded.RecordedEngine;
import org.pgsteward.postgres.TestCluster;

/** A host with many services: a real PostgreSQL, containers of a recorded engine, and pgsteward with the launcher's options. */
final class ManyServices implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofMinutes(30);

    private static final String NEVER = "0 0 0 1 1 ?";

    private final int count;
    private final TestHost host;
    private final RecordedEngine engine;
    private final Path measures;
    private Optional<Process> daemon = Optional.empty();
    private int port;

    private ManyServices(int count, TestHost host, RecordedEngine engine) {
        this.count = count;
        this.host = host;
        this.engine = engine;
        this.measures = host.folder().resolve("measures");
    }

    static ManyServices start(int count) throws Exception {
        // PostgreSQL's usual connections, and the locks of the shipped compose file.
        Map<String, String> settings = Map.of("max_connections", "100", "max_locks_per_transaction", "256");
        TestHost host = TestHost.start(TestCluster.start(TestCluster.programs(), settings));
        RecordedEngine engine = new RecordedEngine(Clock.systemUTC());
        engine.play("deploy");
        ManyServices many = new ManyServices(count, host, engine);
        for (String service : many.services()) {
            engine.add("linkding", service, document -> many.own(service, document));
        }
        // The shipped values: a TestHost evaluates its alerts ten times a second.
        host.environment().keySet().removeIf(name -> name.startsWith("PGSTEWARD_ALERTS_"));
        // The history has neither globals nor base backups.
        host.environment().put("PGSTEWARD_BACKUP_OVERDUE_GRACE", "9999d");
        // A base backup of 200 databases takes minutes.
        host.environment().put("PGSTEWARD_BACKUP_BASE_SCHEDULE", "");
        host.environment().put("PGSTEWARD_DOCKER_HOST", engine.host());
        host.environment().put("PGSTEWARD_POSTGRES_CONTAINER", "postgresql");
        host.environment().put("PGSTEWARD_SECRETS_DIR", host.folder().toString());
        host.environment().put("PGSTEWARD_REQUESTS_PERIOD", "100");
        host.environment().put("PGSTEWARD_WATCH_DISK_WARN", "off");
        host.environment().put("PGSTEWARD_WATCH_DISK_CRITICAL", "off");
        // The tables of the journal, which the tests query.
        host.wiring().house.order();
        return many;
    }

    private ObjectNode own(String service, ObjectNode document) {
        String id = String.format("%064x", service.hashCode() & 0xffffffffL);
        document.put("Id", id).put("Name", "/" + service);
        ObjectNode config = (ObjectNode) document.get("Config");
        config.put("Hostname", service).put("Image", "example.org/app:1");
        config.putArray("Env").add("DATABASE_URL=postgres://" + service + ":its-own@postgresql:5432/" + service);
        ((ObjectNode) config.get("Labels")).put("com.docker.compose.service", service);
        return document;
    }

    TestHost host() {
        return host;
    }

    List<String> services() {
        List<String> services = new ArrayList<>();
        for (int i = 1; i <= count; i++) {
            services.add(String.format("service%03d", i));
        }
        return services;
    }

    /** Creates a small table in the database of each service. */
    void write() throws SQLException {
        for (String service : services()) {
            host.cluster()
                    .run(
                            service,
                            "SET ROLE " + service,
                            "CREATE TABLE IF NOT EXISTS public.notes (id integer PRIMARY KEY, text text)",
                            "INSERT INTO public.notes SELECT n, md5(n::text) FROM generate_series(1, 50) AS n"
                                    + " ON CONFLICT DO NOTHING");
        }
    }

    /** Starts a daemon that makes no backup by itself; returns the time until it answers. */
    Duration startDaemon() throws Exception {
        return startDaemon(NEVER);
    }

    /** @param tick when it makes the backups that are due, as a Quartz expression */
    Duration startDaemon(String tick) throws Exception {
        port = freePort();
        List<String> command = ChildJava.withOptions(
                Launcher.flags(), "org.pgsteward.capacity.MeasuredSteward", measures.toString(), "run");
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(
                        host.folder().resolve("daemon.log").toFile()));
        builder.environment().keySet().removeIf(name -> name.startsWith("PGSTEWARD_"));
        builder.environment().put("MALLOC_ARENA_MAX", "2");
        builder.environment().putAll(host.environment());
        builder.environment().put("PGSTEWARD_HTTP_PORT", Integer.toString(port));
        builder.environment().put("PGSTEWARD_BACKUP_TICK", tick);
        long began = System.nanoTime();
        daemon = Optional.of(builder.start());
        await().atMost(PATIENCE).pollInterval(Duration.ofMillis(50)).until(this::answers);
        return since(began);
    }

    void stopDaemon() throws Exception {
        daemon().destroy();
        assertThat(daemon().waitFor(8, TimeUnit.MINUTES)).isTrue();
    }

    private boolean answers() {
        assertThat(daemon().isAlive()).as("the daemon, whose log is %s", log()).isTrue();
        try {
            return !get("/observe/health/live").isEmpty();
        } catch (IOException e) {
            return false;
        }
    }

    String log() {
        try {
            List<String> lines = Files.readAllLines(host.folder().resolve("daemon.log"));
            return String.join("\n", lines.subList(Math.max(0, lines.size() - 20), lines.size()));
        } catch (IOException e) {
            return e.toString();
        }
    }

    /** Returns the body of the daemon's answer. */
    String get(String path) throws IOException {
        HttpURLConnection connection = (HttpURLConnection)
                URI.create("http://127.0.0.1:" + port + path).toURL().openConnection();
        connection.setReadTimeout(120_000);
        try (var body = connection.getInputStream()) {
            return new String(body.readAllBytes(), StandardCharsets.UTF_8);
        } finally {
            connection.disconnect();
        }
    }

    /** Puts a request file down, and returns the daemon's answer. */
    String ask(String request, Duration patience) throws IOException {
        Path requests = Files.createDirectories(host.folder().resolve("requests"));
        String name = "r" + System.nanoTime();
        Path part = Files.writeString(requests.resolve("." + name + ".part"), request);
        Files.move(part, requests.resolve(name + ".json"), StandardCopyOption.ATOMIC_MOVE);
        Path answer = requests.resolve(name + ".answer.json");
        await().atMost(patience)
                .failFast(() -> assertThat(daemon().isAlive()).as(log()).isTrue())
                .until(() -> Files.exists(answer));
        return Files.readString(answer);
    }

    /** Waits until each service has its database. */
    void awaitServices() {
        awaitRows(
                "services with a database",
                count,
                // The row may be there before the database is.
                "SELECT count(*) FROM public.service_configs JOIN pg_database ON datname = service_name"
                        + " WHERE service_name LIKE 'service%' AND pg_get_userbyid(datdba) = service_name");
    }

    /** Waits until a query of the journal returns {@code expected}. */
    void awaitRows(String what, long expected, String sql) {
        await().alias(what)
                .atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(500))
                .failFast(() -> assertThat(daemon().isAlive()).as(log()).isTrue())
                .untilAsserted(() ->
                        assertThat(number(sql)).as(() -> what + "\n" + log()).isEqualTo(expected));
    }

    long number(String sql) throws SQLException {
        return Long.parseLong(host.cluster().server().ask(sql));
    }

    /** Collects the daemon's garbage, and returns the figures after that. */
    Measures collected() throws Exception {
        long before = measures().collections();
        Process jcmd = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                        Long.toString(daemon().pid()),
                        "GC.run")
                .redirectErrorStream(true)
                .redirectOutput(host.folder().resolve("jcmd.out").toFile())
                .start();
        assertThat(jcmd.waitFor()).isZero();
        await().atMost(PATIENCE).until(() -> measures().collections() > before);
        return measures();
    }

    Measures measures() throws IOException {
        return Measures.read(measures, daemon().pid());
    }

    private Process daemon() {
        return daemon.orElseThrow();
    }

    static Duration since(long nanos) {
        return Duration.ofNanos(System.nanoTime() - nanos);
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    @Override
    public void close() throws IOException {
        daemon.ifPresent(process -> process.destroyForcibly().onExit().join());
        engine.close();
        host.close();
    }
}
