package org.pgsteward.cli.demo;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.pgsteward.config.BackupConfig;
import org.pgsteward.config.DaemonConfig;
import org.pgsteward.config.EngineConfig;
import org.pgsteward.config.PostgresConfig;
import org.pgsteward.config.ProvisionConfig;
import org.pgsteward.config.Settings;
import org.pgsteward.config.WebConfig;
import org.pgsteward.engine.recorded.RecordedEngine;
import org.pgsteward.model.CommandPrefix;
import org.pgsteward.model.Refusal;
import org.pgsteward.model.Secret;
import org.pgsteward.postgres.ThrowawayCluster;
import org.pgsteward.postgres.UnprivilegedUser;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Environment of one demonstration, as a host provides it: PostgreSQL, an engine that plays a recording, and folders.
 */
final class DemoHost implements AutoCloseable {
    private static final int FIRST_FOR_USERS = 1024;
    private static final int LAST_PORT = 65_535;
    private static final int OTHER_PORTS = 50;

    private static final Logger LOG = LoggerFactory.getLogger(DemoHost.class);

    private final Path folder;
    private final Path data;
    private final DemoPrograms found;
    private final ThrowawayCluster cluster;
    private final RecordedEngine engine;
    private final int port;
    private final Secret password;

    private DemoHost(
            Path folder,
            Path data,
            DemoPrograms found,
            ThrowawayCluster cluster,
            RecordedEngine engine,
            int port,
            Secret password) {
        this.folder = folder;
        this.data = data;
        this.found = found;
        this.cluster = cluster;
        this.engine = engine;
        this.port = port;
        this.password = password;
    }

    /** @throws Refusal if the machine has no PostgreSQL programs, with the package to install */
    static DemoHost start(Path folder, Optional<Path> bindir, Screen screen) throws IOException, InterruptedException {
        Files.createDirectories(folder);
        DemoPrograms found = DemoPrograms.find(folder, bindir, screen);
        UnprivilegedUser user = found.user();
        Path data = folder.resolve("postgres");
        if (!user.mayEnter(folder)) {
            Path elsewhere = user.own(Files.createTempDirectory(Path.of("/tmp"), "pgsteward-demo-"));
            data = elsewhere.resolve("postgres");
        }
        int port = freePort();
        Secret password = new Secret(UUID.randomUUID().toString().replace("-", ""));
        ThrowawayCluster cluster = ThrowawayCluster.start(
                found.programs(),
                user,
                data,
                new ThrowawayCluster.Plan(
                        "homelab",
                        Optional.of(password),
                        Optional.of(port),
                        // Sized for the 256 MB of the recorded container; larger values raise an alert.
                        Map.of(
                                "shared_buffers", "32MB",
                                "max_connections", "50",
                                "work_mem", "1MB",
                                "autovacuum_work_mem", "16MB"),
                        true,
                        Optional.empty()));
        try {
            cluster.sql("postgres", "CREATE DATABASE homelab;");
            RecordedEngine engine = new RecordedEngine(Clock.systemUTC());
            engine.logs(cluster::log);
            return new DemoHost(folder, data, found, cluster, engine, port, password);
        } catch (IOException | InterruptedException | RuntimeException e) {
            cluster.close();
            throw e;
        }
    }

    /**
     * Checks the port of the status page.
     *
     * @param options of the command, for the text
     * @throws Refusal if another program has the port, or this user may not open it; with a command that avoids it
     */
    static void requireFree(Settings environment, String options) throws IOException {
        InetAddress host = new InetSocketAddress(environment.value(WebConfig.HOST), 0).getAddress();
        int port = environment.value(WebConfig.PORT);
        Optional<String> trouble = trouble(host, port);
        if (trouble.isPresent()) {
            int first = Math.max(port + 1, FIRST_FOR_USERS);
            int other = IntStream.range(first, first + OTHER_PORTS)
                    .filter(next -> next <= LAST_PORT && trouble(host, next).isEmpty())
                    .findFirst()
                    .orElse(0);
            throw new Refusal("port " + port + " " + trouble.get() + "; choose another: PGSTEWARD_HTTP_PORT=" + other
                    + " ./pgsteward demo" + options);
        }
    }

    /** Returns why a server cannot open the port; empty if it can. */
    private static Optional<String> trouble(@Nullable InetAddress host, int port) {
        try (ServerSocket socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(host, port), 1);
            return Optional.empty();
        } catch (IOException refused) {
            String reason = String.valueOf(refused.getMessage());
            return Optional.of(reason.contains("in use") ? "is in use" : "cannot be opened (" + reason + ")");
        }
    }

    Path folder() {
        return folder;
    }

    /**
     * Returns the folder of the cluster: below the demonstration's folder, or elsewhere if its user may not enter
     * there.
     */
    Path data() {
        return data;
    }

    /** Returns PostgreSQL's programs and the user that runs them. */
    DemoPrograms programs() {
        return found;
    }

    RecordedEngine engine() {
        return engine;
    }

    /** Writes a file of variables with which commands in another shell reach this demonstration. */
    Path environmentFile(Path routes) throws IOException {
        Map<String, String> settings = new TreeMap<>(settings());
        settings.put(DaemonConfig.ROUTES.name(), routes.toString());
        Path file = environmentFile();
        Files.write(file, new byte[0]);
        // It has the administrator's password.
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        StringBuilder lines = new StringBuilder();
        settings.forEach((key, value) -> lines.append("export ")
                .append(key.toUpperCase(Locale.ROOT).replace('.', '_'))
                .append("='")
                .append(value.replace("'", "'\\''"))
                .append("'\n"));
        return Files.writeString(file, lines);
    }

    /**
     * Returns the settings that differ from a real host: addresses and folders, and shorter periods, so that no step
     * takes half a minute.
     */
    Map<String, String> settings() throws IOException {
        Path secrets = Files.createDirectories(folder.resolve("secrets"));
        for (DemoService service : DemoService.values()) {
            Files.writeString(
                    secrets.resolve(service.user() + "_password"),
                    service.password().reveal());
        }
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put(PostgresConfig.HOST.name(), "127.0.0.1");
        settings.put(PostgresConfig.PORT.name(), Integer.toString(port));
        settings.put(PostgresConfig.USER.name(), "homelab");
        settings.put(PostgresConfig.DATABASE.name(), "homelab");
        settings.put(PostgresConfig.PASSWORD.name(), password.reveal());
        settings.put(PostgresConfig.CONTAINER.name(), "postgresql");
        settings.put(PostgresConfig.DATA.name(), data.toString());
        // The engine is a recording, so suggested commands must not need Docker.
        settings.put(DaemonConfig.COMMAND.name(), "./pgsteward");
        settings.put(DaemonConfig.DOCKER_COMMAND.name(), CommandPrefix.NO_DOCKER);
        settings.put(
                PostgresConfig.PROGRAMS.name(), found.programs().directory().toString());
        settings.put(EngineConfig.HOST.name(), engine.host());
        settings.put(DaemonConfig.STATE.name(), folder.resolve("state").toString());
        settings.put(BackupConfig.SCRATCH.name(), data.resolveSibling("scratch").toString());
        settings.put(BackupConfig.STORE.name(), folder.resolve("backups").toString());
        settings.put(BackupConfig.REQUESTS.name(), folder.resolve("requests").toString());
        settings.put(ProvisionConfig.SECRETS.name(), secrets.toString());
        settings.put("pgsteward.mailbox.dir", folder.resolve("mailbox").toString());
        settings.put("pgsteward.monitor.period", "1s");
        settings.put("pgsteward.monitor.postgres.period", "1s");
        settings.put("pgsteward.retry.period", "1s");
        settings.put("pgsteward.alerts.wait", "1s");
        settings.put("pgsteward.alerts.tick", "500ms");
        // Once a year: the demonstration starts its backups itself, so that it can show them.
        settings.put("pgsteward.backup.tick", "0 0 0 1 1 ?");
        return settings;
    }

    private Path environmentFile() {
        return folder.resolve("env");
    }

    /** Ends the servers, and removes the file with their addresses. */
    @Override
    public void close() {
        engine.close();
        cluster.close();
        try {
            Files.deleteIfExists(environmentFile());
        } catch (IOException e) {
            LOG.warn("cannot remove {}: {}", environmentFile(), e.toString());
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
