package org.pgsteward.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.pgsteward.NeedsServers;
import org.pgsteward.OtherEnd;
import org.pgsteward.TestHost;
import org.pgsteward.camel.receivers.CapturedLog;
import org.pgsteward.io.Json;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupState;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Severity;
import org.pgsteward.postgres.NeedsPostgres;

/** The routes in {@code src/examples} beside the shipped ones, against the servers that they send to. */
@NeedsPostgres
@NeedsServers
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 40, unit = TimeUnit.MINUTES)
class ExtensionRoutesIT {
    private static final Duration PATIENCE = Duration.ofMinutes(8);
    private static final Path EXAMPLES = Path.of("src/examples");
    private static final String MANIFEST = ".manifest.json";
    private static final String PASSWORD = "MQTTS3CRET&+% ü";

    private TestHost host;
    private String database;

    @BeforeAll
    void startHost() throws Exception {
        host = TestHost.start();
        host.wiring().house.order();
        // The store escapes this name.
        database = "Größe";
        host.cluster().run("homelab", "CREATE DATABASE \"" + database + "\" TEMPLATE template0");
        host.cluster().run(database, "CREATE TABLE public.t AS SELECT generate_series(1, 100) AS n");
    }

    @AfterAll
    void stopHost() throws Exception {
        host.close();
    }

    @Test
    void verifiedBackupIsCopiedOnceWhenItsServerIsBack() throws Exception {
        Path there = host.folder().resolve("there");
        try (OtherEnd server = new OtherEnd(host.folder().resolve("ssh"));
                CapturedLog log = new CapturedLog()) {
            Path hostKey = server.key("host");
            Path login = server.key("login");
            Map<String, String> settings = new HashMap<>(settings("sftp/backup-copy.camel.yaml"));
            settings.put("pgsteward.sftp.host", "127.0.0.1");
            settings.put("pgsteward.sftp.port", Integer.toString(server.port()));
            settings.put("pgsteward.sftp.user", System.getProperty("user.name"));
            settings.put("pgsteward.sftp.login", login.toString());
            settings.put("pgsteward.sftp.hosts", known(server.port(), hostKey).toString());
            settings.put("pgsteward.sftp.dir", "there");
            settings.put("pgsteward.sftp.period", "200");
            settings.put("pgsteward.sftp.only", "%.zst");

            String first;
            Wiring wiring = host.wiring(settings);
            try (Daemon daemon = wiring.daemon()) {
                daemon.start();
                first = verified(wiring);
                await().atMost(PATIENCE)
                        .untilAsserted(() ->
                                assertThat(log.text()).contains("route backup-copy-due failed: ConnectException"));

                server.openSsh(server.key("impostor"), login, host.folder());
                await().atMost(PATIENCE)
                        .untilAsserted(() -> assertThat(log.text()).contains("HostKey"));
                assertThat(there).doesNotExist();
            }

            // The remains of an interrupted copy.
            Files.createDirectories(there.resolve(first).getParent());
            Files.writeString(there.resolve(first + ".part"), "half of it");
            server.openSsh(hostKey, login, host.folder());
            wiring = host.wiring(settings);
            String second;
            try (Daemon daemon = wiring.daemon()) {
                daemon.start();
                await().atMost(PATIENCE).until(() -> Files.exists(there.resolve(first + MANIFEST)));
                second = verified(wiring);
                await().atMost(PATIENCE).until(() -> Files.exists(there.resolve(second + MANIFEST)));
            }
            for (String backup : List.of(first, second)) {
                for (String file : List.of(backup, backup + MANIFEST)) {
                    assertThat(there.resolve(file))
                            .hasSameBinaryContentAs(host.store().resolve(file));
                }
            }
            Map<String, Object> copied = files(there);
            assertThat(copied).hasSize(4);

            // Nothing is copied again even if the record of finished copies is lost.
            Path memory = host.folder().resolve("state/backup-copied");
            List<String> known = Files.readAllLines(memory);
            assertThat(known).containsExactly(first, second);
            Files.delete(memory);
            try (Daemon daemon = host.wiring(settings).daemon()) {
                daemon.start();
                await().atMost(PATIENCE)
                        .until(() -> Files.exists(memory)
                                && Files.readAllLines(memory).equals(known));
            }
            assertThat(files(there)).isEqualTo(copied);
        }
    }

    @Test
    void noticesWaitForTheBrokerAndArriveOnceInTheirOrder() throws Exception {
        try (OtherEnd broker = new OtherEnd(host.folder().resolve("mqtt"));
                CapturedLog log = new CapturedLog()) {
            broker.mosquitto("steward", PASSWORD);
            // A subscriber with a persistent session: the broker stores messages while it is disconnected.
            subscriber(broker, "-E");
            broker.stop();
            Map<String, String> settings = new HashMap<>(settings("mqtt/receiver-mqtt.camel.yaml"));
            settings.put("pgsteward.mqtt.broker", "tcp://127.0.0.1:" + broker.port());
            settings.put("pgsteward.mqtt.user", "steward");
            settings.put("pgsteward.mqtt.password", PASSWORD);
            Path outbox = Path.of(settings.get("pgsteward.state.dir")).resolve("outbox/mqtt");
            Wiring wiring = host.wiring(settings);
            try (Daemon daemon = wiring.daemon()) {
                daemon.start();
                for (int i = 1; i <= 3; i++) {
                    raise(wiring, "s" + i);
                    long expected = i;
                    await().atMost(PATIENCE).until(() -> waiting(outbox) == expected);
                }
                await().atMost(PATIENCE)
                        .untilAsserted(() -> assertThat(log.text()).contains("mqtt"));
                broker.mosquitto("steward", PASSWORD);
                await().atMost(PATIENCE).until(() -> waiting(outbox) == 0);
                broker.stop();
                broker.mosquitto("steward", PASSWORD);
                raise(wiring, "s4");

                List<String> heard = subscriber(broker, "-C", "4", "-W", "20", "-F", "%q %r %p");
                assertThat(heard).allMatch(line -> line.startsWith("1 0 {"), "QoS 1, not retained");
                assertThat(heard.stream().map(ExtensionRoutesIT::service)).containsExactly("s1", "s2", "s3", "s4");
                assertThat(heard.get(0)).contains("Größe 🐘");
                JsonNode alerts = document(heard.get(3)).path("alerts");
                assertThat(alerts).as("fields that programs match by").hasSize(1);
                assertThat(alerts.path(0).path("kind").asText()).isEqualTo("memory-high");
                assertThat(alerts.path(0).path("service").asText()).isEqualTo("s4");
                assertThat(alerts.path(0).path("state").asText()).isEqualTo("firing");
                assertThat(alerts.path(0).path("id").asText()).isNotEmpty();
                assertThat(Instant.parse(alerts.path(0).path("since").asText())).isBefore(Instant.now());
            }
            assertThat(log.text()).doesNotContain("S3CRET");
        }
    }

    /** Returns the store path of a new verified backup. */
    private String verified(Wiring wiring) throws Exception {
        Backup backup = host.backUp(wiring, database);
        assertThat(backup.state())
                .as("verified, independent of the route's target")
                .isEqualTo(BackupState.VERIFIED);
        return backup.path().orElseThrow();
    }

    private static void raise(Wiring wiring, String service) {
        wiring.routeClient.ask(
                "direct:alert-raise",
                Condition.bad(Severity.WARNING, "memory-high", service, "82% in use: Größe 🐘", "ls", Instant.now()));
    }

    private static List<String> subscriber(OtherEnd broker, String... more) throws Exception {
        Stream<String> who = Stream.of(
                "mosquitto_sub",
                "-V",
                "5",
                "-p",
                Integer.toString(broker.port()),
                "-u",
                "steward",
                "-P",
                PASSWORD,
                "-q",
                "1",
                "-c",
                "-i",
                "reader",
                "-x",
                "600",
                "-t",
                "pgsteward/notices");
        return OtherEnd.run(Stream.concat(who, Stream.of(more)).toArray(String[]::new));
    }

    private static String service(String line) {
        return document(line).path("service").asText();
    }

    private static JsonNode document(String line) {
        try {
            return Json.mapper().readTree(line.substring(line.indexOf('{')));
        } catch (IOException e) {
            throw new IllegalStateException(line, e);
        }
    }

    /** Returns the settings of a daemon with the shipped routes and an example. */
    private Map<String, String> settings(String example) throws IOException {
        Path routes = Files.createTempDirectory(host.folder(), "routes-");
        try (Stream<Path> files = Files.walk(Path.of("routes"))) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Path copy = routes.resolve(Path.of("routes").relativize(file));
                Files.createDirectories(copy.getParent());
                Files.copy(file, copy);
            }
        }
        Path route = EXAMPLES.resolve(example);
        Files.copy(route, routes.resolve(route.getFileName()));
        return Map.of(
                "pgsteward.routes.dir",
                routes.toString(),
                "pgsteward.state.dir",
                host.folder().resolve("state").toString(),
                "pgsteward.docker.host",
                "unix://" + host.folder().resolve("no.sock"),
                "pgsteward.http.port",
                "0");
    }

    /** Writes a host key in the format of {@code ssh-keyscan}. */
    private Path known(int port, Path hostKey) throws IOException {
        return Files.writeString(
                host.folder().resolve("known_hosts"),
                "[127.0.0.1]:" + port + " " + Files.readString(Path.of(hostKey + ".pub")),
                StandardCharsets.UTF_8);
    }

    private static long waiting(Path outbox) throws IOException {
        if (!Files.isDirectory(outbox)) {
            return 0;
        }
        try (Stream<Path> files = Files.list(outbox)) {
            return files.filter(file -> file.toString().endsWith(".json")).count();
        }
    }

    /** Returns each file with attributes that change when it is written again. */
    private static Map<String, Object> files(Path folder) throws IOException {
        Map<String, Object> files = new TreeMap<>();
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path file : all.filter(Files::isRegularFile).toList()) {
                files.put(
                        folder.relativize(file).toString(),
                        Set.of(Files.getAttribute(file, "unix:ctime"), Files.getAttribute(file, "unix:ino")));
            }
        }
        return files;
    }
}
