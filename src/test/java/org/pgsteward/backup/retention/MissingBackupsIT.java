package org.pgsteward.backup.retention;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpExchange;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.pgsteward.alert.Alert;
import org.pgsteward.backup.schedule.BackupTarget;
import org.pgsteward.backup.schedule.Targets;
import org.pgsteward.backup.store.Inventory;
import org.pgsteward.camel.receivers.CapturedLog;
import org.pgsteward.camel.receivers.HookServer;
import org.pgsteward.io.Json;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupKind;
import org.pgsteward.model.BackupState;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Severity;
import org.pgsteward.postgres.NeedsPostgres;

/** Databases without a verified backup in time, and alerts of dropped databases. */
@NeedsPostgres
class MissingBackupsIT extends OnRetentionHost {
    /**
     * PostgreSQL was unavailable for 20 seconds. The backups of 16 of 60 services failed, and each raised an alert.
     */
    @Test
    void aNightWaitsForAServerThatIsRestarted() throws Exception {
        List<String> databases = List.of("a_first", "b_next", "c_next", "d_next", "e_next");
        for (String database : databases) {
            host.cluster().run("homelab", "CREATE DATABASE " + database);
        }
        host.cluster().run("a_first", "CREATE TABLE public.notes AS SELECT 1 AS n");
        try (CapturedLog log = new CapturedLog()) {
            try (Connection held = host.cluster().server().connect("a_first");
                    Statement lock = held.createStatement()) {
                held.setAutoCommit(false);
                lock.execute("LOCK TABLE public.notes");
                nights.start("pgsteward.backup.tick", "* * * * * ?");
                await().atMost(RetentionHost.PATIENCE)
                        .until(() -> host.rows(
                                        "homelab",
                                        "SELECT 'waits' FROM pg_stat_activity WHERE datname = 'a_first'"
                                                + " AND wait_event_type = 'Lock'")
                                .contains("waits"));
                host.cluster().kill();
            }
            await().atMost(RetentionHost.PATIENCE).until(() -> log.text().contains("due backups wait for it"));
        }
        host.cluster().startAgain();

        for (String database : databases) {
            await().atMost(RetentionHost.PATIENCE)
                    .ignoreExceptions()
                    .until(() -> host.journal(database).equals(List.of("verified")));
            assertThat(host.notices("backup-failed", database)).isEmpty();
        }
    }

    @Test
    void anOverdueBackupRaisesOneAlertAndFailsTheHealthCheck() throws Exception {
        host.cluster().run("homelab", "CREATE DATABASE wiki");
        host.cluster()
                .run(
                        "homelab",
                        "INSERT INTO public.service_configs (service_name, database_name, created_at)"
                                + " VALUES ('wiki', 'wiki', '2026-03-01 12:00')");
        clock.set(RetentionHost.berlin("2026-03-01T14:00:00"));
        nights.start("pgsteward.monitor.backups.delay", "0", "pgsteward.monitor.backups.period", "200");

        assertThat(health("backups")).isEqualTo("UP ");
        clock.set(RetentionHost.berlin("2026-03-02T09:00:00"));
        assertThat(health("backups")).as("last second of the grace period").isEqualTo("UP ");
        clock.set(RetentionHost.berlin("2026-03-02T09:00:01"));
        await().atMost(RetentionHost.PATIENCE)
                .untilAsserted(() -> assertThat(host.notices("backup-overdue", "wiki"))
                        .singleElement()
                        .asString()
                        .startsWith("firing [warning] wiki backup overdue: no verified backup yet, since 2026-03-01"
                                + " 13:00 CET; no backup of it has begun yet"));
        await().atMost(RetentionHost.PATIENCE)
                .untilAsserted(() ->
                        assertThat(host.notices("backup-overdue", "_globals")).hasSize(1));
        assertThat(health("backups"))
                .startsWith("DOWN no verified backup in time: ")
                .contains("wiki", "_globals", "homelab", "postgres");

        for (BackupTarget target : everything()) {
            assertThat(nights.backUp(target).state()).isEqualTo(BackupState.VERIFIED);
        }

        assertThat(health("backups")).isEqualTo("UP ");
        await().atMost(RetentionHost.PATIENCE)
                .untilAsserted(
                        () -> assertThat(host.notices("backup-overdue", "wiki")).hasSize(2));
        // PostgreSQL is unavailable the next night. The last known state suffices for the alert.
        host.cluster().kill();
        clock.set(RetentionHost.berlin("2026-03-03T09:00:01"));
        await().atMost(RetentionHost.PATIENCE)
                .untilAsserted(
                        () -> assertThat(host.notices("backup-overdue", "wiki")).hasSize(3));
        host.cluster().startAgain();
        // A database that allows no connections still needs a backup.
        host.cluster().run("homelab", "ALTER DATABASE wiki ALLOW_CONNECTIONS false");
        assertThat(health("backups")).contains("wiki");
        host.cluster().run("homelab", "DROP DATABASE wiki", "TRUNCATE public.service_configs");
        await().atMost(RetentionHost.PATIENCE)
                .untilAsserted(() -> assertThat(host.notices("backup-overdue", "wiki"))
                        .as("a dropped database has no overdue backup")
                        .hasSize(4));
    }

    @Test
    void aForgottenRestoredDatabaseRaisesAnAlert() throws Exception {
        clock.set(RetentionHost.berlin("2026-03-01T14:00:00"));
        nights.start("pgsteward.monitor.backups.delay", "0", "pgsteward.monitor.backups.period", "200");
        host.cluster().run("homelab", "CREATE DATABASE wiki_back", "CREATE DATABASE \"wiki_before_20260301T130000Z\"");
        host.cluster()
                .run(
                        "homelab",
                        "ALTER DATABASE \"wiki_before_20260301T130000Z\" ALLOW_CONNECTIONS false",
                        "INSERT INTO public.kept_databases SELECT oid, datname, 'wiki', 'restored', '2026-03-01 13:00Z' FROM"
                                + " pg_database WHERE datname = 'wiki_back'");
        assertThat(everything()).extracting(BackupTarget::service).doesNotContain("wiki_back");
        clock.set(RetentionHost.berlin("2026-03-15T13:59:59"));
        assertThat(health("backups")).doesNotContain("wiki");
        clock.set(RetentionHost.berlin("2026-03-15T14:00:01"));
        await().atMost(RetentionHost.PATIENCE)
                .untilAsserted(() -> assertThat(host.notices("database-forgotten", "wiki_back"))
                        .singleElement()
                        .asString()
                        .contains("database wiki_back still exists and is not backed up: ")
                        .contains(" MiB, restored beside wiki 14 days ago"));
        await().atMost(RetentionHost.PATIENCE)
                .untilAsserted(() -> assertThat(host.notices("database-forgotten", "wiki_before_20260301T130000Z"))
                        .hasSize(1));
        host.cluster().run("homelab", "DROP DATABASE wiki_back", "DROP DATABASE \"wiki_before_20260301T130000Z\"");
        await().atMost(RetentionHost.PATIENCE)
                .untilAsserted(() -> assertThat(host.notices("database-forgotten", "wiki_back"))
                        .hasSize(2));
    }

    @Test
    void backupsContinueWithANewManagementDatabase() throws Exception {
        nights.start("pgsteward.backup.tick", "* * * * * ?");
        String database = host.cluster().newDatabase();
        await().atMost(RetentionHost.PATIENCE)
                .untilAsserted(() -> assertThat(host.journal(database)).containsExactly("verified"));

        host.cluster().run("postgres", "DROP DATABASE homelab WITH (FORCE)", "CREATE DATABASE homelab");

        await().atMost(RetentionHost.PATIENCE)
                .ignoreExceptions()
                .untilAsserted(() -> assertThat(host.journal(database)).containsExactly("verified"));
    }

    @Test
    void alertsOfADroppedDatabaseResolveExceptForGlobals() throws Exception {
        nights.start("pgsteward.monitor.backups.delay", "0", "pgsteward.monitor.backups.period", "200");
        String database = host.cluster().newDatabase();
        for (String folder : List.of(database, Targets.GLOBALS)) {
            Files.createDirectories(host.store());
            Files.writeString(host.store().resolve(folder), "a file where the folder should be");
        }
        host.backUp(nights.wiring, database);
        host.backUp(
                nights.wiring,
                nights.wiring.targets.all(BackupKind.GLOBALS).get(0).target());
        nights.wiring.routeClient.ask("direct:alert-raise", trouble("backup-shrunk", database));
        await().during(Duration.ofSeconds(1)).atMost(RetentionHost.PATIENCE).untilAsserted(() -> {
            assertThat(host.notices(database)).hasSize(1);
            assertThat(host.notices("backup-shrunk", database)).hasSize(1);
        });

        host.cluster().run("homelab", "DROP DATABASE " + database);

        await().atMost(RetentionHost.PATIENCE).untilAsserted(() -> {
            assertThat(host.notices(database)).hasSize(2).anyMatch(notice -> notice.startsWith("resolved"));
            assertThat(host.notices("backup-shrunk", database)).hasSize(2);
        });
        assertThat(host.notices(Targets.GLOBALS)).singleElement().asString().startsWith("firing");
    }

    @Test
    void alertsOfStoredBackupsResolveWhenTheBackupsAreGone() throws Exception {
        nights.start("pgsteward.monitor.backups.delay", "0", "pgsteward.monitor.backups.period", "200");
        String database = host.cluster().newDatabase();
        Backup backup = nights.backUp(database);
        host.cluster().run("homelab", "DROP DATABASE " + database);
        Files.write(host.store().resolve(backup.path().orElseThrow()), new byte[] {1, 2, 3});

        Backup verified = nights.wiring.backups.verify(Inventory.of(nights.wiring.store)
                .named(backup.id())
                .orElseThrow()
                .asMade());
        List<String> kinds = List.of("backup-not-reverified", "backup-damaged");
        kinds.forEach(kind -> nights.wiring.routeClient.ask("direct:alert-raise", trouble(kind, database)));

        assertThat(verified.state()).isEqualTo(BackupState.FAILED);
        await().during(Duration.ofSeconds(1))
                .atMost(RetentionHost.PATIENCE)
                .untilAsserted(() -> assertThat(firing(database)).hasSize(3));
        RetentionHost.delete(host.store().resolve(database));
        await().atMost(RetentionHost.PATIENCE)
                .untilAsserted(() -> assertThat(firing(database)).isEmpty());
    }

    private Condition trouble(String kind, String service) {
        return Condition.bad(Severity.WARNING, kind, service, "it was seen", "pgsteward status", clock.instant());
    }

    private List<String> firing(String service) {
        return nights.wiring.alerts.firing().stream()
                .filter(alert -> alert.service().equals(service))
                .map(Alert::kind)
                .toList();
    }

    private String health(String check) throws Exception {
        try {
            HttpResponse<String> answer = HttpClient.newHttpClient()
                    .send(
                            HttpRequest.newBuilder(URI.create("http://127.0.0.1:"
                                            + nights.daemon.orElseThrow().httpPort() + "/observe/health"))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString());
            for (JsonNode one : Json.mapper().readTree(answer.body()).path("checks")) {
                if (one.path("name").asText().equals(check)) {
                    return one.path("status").asText() + " "
                            + one.path("message").asText();
                }
            }
            return "not among " + answer.body();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw e;
        }
    }

    @Test
    void pingsTheWatcherOnceANightIfAllBackupsAreVerified() throws Exception {
        try (HookServer watcher = new HookServer(0);
                CapturedLog log = new CapturedLog()) {
            nights.start("pgsteward.backup.ping.url", watcher.url(), "pgsteward.backup.ping.again", "20");
            nights.wiring.routeClient.ask(RetentionHost.NIGHT_OVER, "");
            assertThat(watcher.taken).as("no verified backup").isEmpty();

            for (BackupTarget target : everything()) {
                nights.backUp(target);
            }
            nights.wiring.routeClient.ask(RetentionHost.NIGHT_OVER, "");
            assertThat(watcher.taken).as("all backups verified").containsExactly("");

            String late = host.cluster().newDatabase();
            nights.wiring.routeClient.ask(RetentionHost.NIGHT_OVER, "");
            assertThat(watcher.taken).as("all backups but one verified").hasSize(1);
            assertThat(log.text())
                    .contains("the external monitor gets no request, because these have no verified backup in time: "
                            + late);
            nights.backUp(late);

            AtomicInteger asked = new AtomicInteger();
            watcher.answer =
                    (HttpExchange request) -> request.sendResponseHeaders(asked.incrementAndGet() < 3 ? 503 : 200, -1);
            nights.wiring.routeClient.ask(RetentionHost.NIGHT_OVER, "");
            assertThat(asked).as("retries after a failed ping").hasValue(3);
            assertThat(watcher.taken).hasSize(2);

            watcher.answer = (HttpExchange request) -> request.sendResponseHeaders(500, -1);
            nights.wiring.routeClient.ask(RetentionHost.NIGHT_OVER, "");
            assertThat(watcher.taken).hasSize(2);
            assertThat(log.text())
                    .containsOnlyOnce("route backup-all-proved failed")
                    .doesNotContain("T0S3CRET");

            clock.set(RetentionHost.berlin("2026-03-03T03:00:00"));
            watcher.answer = (HttpExchange request) -> request.sendResponseHeaders(204, -1);
            nights.wiring.routeClient.ask(RetentionHost.NIGHT_OVER, "");
            assertThat(watcher.taken)
                    .as("the backups of the next night are due and missing")
                    .hasSize(2);
        }
    }

    private List<BackupTarget> everything() throws Exception {
        return Stream.concat(
                        nights.wiring.targets.all(BackupKind.DUMP).stream(),
                        nights.wiring.targets.all(BackupKind.GLOBALS).stream())
                .map(Targets.Found::target)
                .toList();
    }
}
