package org.pgsteward.overview;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.pgsteward.TestHost;
import org.pgsteward.app.Daemon;
import org.pgsteward.app.Wiring;
import org.pgsteward.backup.schedule.Targets;
import org.pgsteward.engine.recorded.RecordedEngine;
import org.pgsteward.io.Json;
import org.pgsteward.model.BackupKind;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Severity;
import org.pgsteward.postgres.NeedsPostgres;
import org.pgsteward.provision.Quarantine;

/** The daemon's page, its health check and the command agree, and a careful operator would agree with them. */
@NeedsPostgres
@Timeout(value = 40, unit = TimeUnit.MINUTES)
class OverallHealthIT {
    private static final String WELL = "All is well.";

    private final HttpClient client = HttpClient.newHttpClient();
    private final AtomicInteger answer = new AtomicInteger(200);
    private final HttpServer webhook = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);

    OverallHealthIT() throws IOException {}

    @Test
    @SuppressWarnings("try") // the test closes the engine before the end of the block
    void pageAndCommandAlwaysAgree() throws Exception {
        try (TestHost host = TestHost.start();
                RecordedEngine engine = new RecordedEngine(Clock.systemUTC())) {
            webhook.createContext("/", exchange -> {
                try (exchange) {
                    exchange.getRequestBody().readAllBytes();
                    exchange.sendResponseHeaders(answer.get(), -1);
                }
            });
            webhook.start();
            Path secrets = Files.createDirectory(host.folder().resolve("secrets"));
            Files.writeString(secrets.resolve("navidrome_password"), "navidromes-own\n");
            Map<String, String> more = new HashMap<>(Map.of(
                    "pgsteward.http.port", "0",
                    "pgsteward.docker.host", engine.host(),
                    "pgsteward.secrets.dir", secrets.toString(),
                    "pgsteward.postgres.container", "postgresql",
                    "pgsteward.webhook.url",
                            "http://127.0.0.1:" + webhook.getAddress().getPort() + "/",
                    // The result must not depend on the disks and the memory of the test machine.
                    "pgsteward.watch.disk.warn", "off",
                    "pgsteward.watch.disk.critical", "off"));
            Wiring wiring = host.wiring(more);
            wiring.house.order();
            Daemon daemon = wiring.daemon().start();
            try {
                await().until(daemon::hears);
                engine.play("deploy");
                agree(host, daemon, "Nothing is backed up yet. The first backup starts by itself within a minute.");
                await().until(() -> wiring.targets.all(BackupKind.DUMP).size() == 6);
                for (Targets.Found found : wiring.targets.all(BackupKind.DUMP)) {
                    host.backUp(wiring, found.target());
                }
                agree(host, daemon, WELL);

                engine.play("service-killed");
                agree(host, daemon, "1 problem.");
                assertThat(page(daemon)).contains("killed</span>").contains("was killed (docker kill");
                engine.play("service-back");
                agree(host, daemon, WELL);

                Quarantine quarantine = new Quarantine(host.cluster().server(), Clock.systemUTC());
                quarantine.begin(quarantine.find("linkding"));
                agree(host, daemon, "All is well, except: linkding is in quarantine.");
                assertThat(page(daemon)).contains("quarantined</span>");
                quarantine.undo(quarantine.find("linkding"));
                agree(host, daemon, WELL);

                answer.set(404);
                wiring.alerts.consider(
                        Condition.bad(Severity.INFO, "test", "linkding", "a test", "", wiring.clock.instant()));
                agree(host, daemon, "All is well, except: webhook accepts no notifications.");

                engine.close();
                agree(
                        host,
                        daemon,
                        "All is well, except: pgsteward receives no events from Docker; webhook accepts no notifications.");
            } finally {
                daemon.close();
                webhook.stop(0);
            }
            assertThat(host.wiring().overview().health().reasons())
                    .as("after the daemon was stopped")
                    .anySatisfy(reason -> {
                        assertThat(reason.service()).isEqualTo("pgsteward");
                        assertThat(reason.problem()).isTrue();
                        assertThat(reason.text()).startsWith("was stopped ");
                    });
        }
    }

    /** Waits until the command, the page and the health check all have this headline. */
    private void agree(TestHost host, Daemon daemon, String headline) {
        await().untilAsserted(() -> {
            OverallHealth command = host.wiring().overview().health();
            assertThat(command.headline()).as(command.reasons().toString()).isEqualTo(headline);
            assertThat(command.isWell()).isEqualTo(headline.equals(WELL));
            assertThat(page(daemon))
                    .contains("<title>" + headline.replaceFirst("\\.$", "").replace("'", "&#39;"));
            JsonNode health = Json.mapper().readTree(get(daemon, "/observe/health"));
            assertThat(health.path("headline").asText()).isEqualTo(headline);
            assertThat(health.path("well").asBoolean()).isEqualTo(headline.equals(WELL));
        });
    }

    private String page(Daemon daemon) throws Exception {
        return get(daemon, "/");
    }

    private String get(Daemon daemon, String path) throws Exception {
        URI uri = URI.create("http://127.0.0.1:" + daemon.httpPort() + path);
        return client.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString())
                .body();
    }
}
