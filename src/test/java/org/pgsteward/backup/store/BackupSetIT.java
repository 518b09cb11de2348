package org.pgsteward.backup.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.pgsteward.ChildJava;
import org.pgsteward.TestHost;
import org.pgsteward.app.Wiring;
import org.pgsteward.backup.schedule.BackupTarget;
import org.pgsteward.camel.Pipeline;
import org.pgsteward.io.Json;
import org.pgsteward.postgres.NeedsPostgres;

/** The set of a night names its missing backups, even after a fault. */
@NeedsPostgres
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 40, unit = TimeUnit.MINUTES)
class BackupSetIT {
    private static final Duration PATIENCE = Duration.ofMinutes(8);

    private TestHost host;
    private Wiring wiring;

    @BeforeAll
    void startHost() throws Exception {
        host = TestHost.start();
        wiring = host.wiring();
        wiring.house.order();
        host.cluster().run("homelab", "CREATE DATABASE app", "CREATE DATABASE wiki");
    }

    @AfterAll
    void stopHost() throws Exception {
        host.close();
    }

    @BeforeEach
    void forget() throws Exception {
        host.cluster().run("homelab", "DELETE FROM public.backup_log");
        for (Path file : documents()) {
            Files.delete(file);
        }
    }

    @Test
    void aRetryOfAFailedBackupJoinsTheSetOfItsNight() throws Exception {
        Wiring daemon = host.wiring("pgsteward.backup.tick", "* * * * * ?");
        // A file in the place of the folder prevents this backup.
        Files.createDirectories(host.store());
        Files.writeString(host.store().resolve("app"), "in the way");
        try (Pipeline scheduled = daemon.backupPipeline().start()) {
            assertThat(scheduled).isNotNull();
            BackupSet night = await().atMost(PATIENCE).until(this::newest, set -> set.closedAt() != null);

            assertThat(services(night)).containsExactly("_base", "_globals", "homelab", "postgres", "wiki");
            assertThat(night.missing()).singleElement().satisfies(missing -> {
                assertThat(missing.service()).isEqualTo("app");
                assertThat(missing.reason()).startsWith("failed: ");
            });
            assertThat(night.members()).allMatch(member -> member.state().equals("verified"));
            assertThat(host.rows("homelab", "SELECT DISTINCT set_id FROM public.backup_log WHERE set_id IS NOT NULL"))
                    .containsExactly(night.id());

            Files.delete(host.store().resolve("app"));
            host.cluster()
                    .run(
                            "homelab",
                            "UPDATE public.backup_log SET started_at = started_at - interval '31 minutes'"
                                    + " WHERE service_name = 'app'");
            BackupSet whole = await().atMost(PATIENCE)
                    .until(
                            this::newest,
                            set -> set.closedAt() != null && set.missing().isEmpty());
            assertThat(whole.id()).isEqualTo(night.id());
            assertThat(services(whole)).contains("app");
            assertThat(wiring.backupSets.all()).hasSize(1);
            JsonNode manifest;
            try (Stream<Path> files = Files.list(host.store().resolve("app"))) {
                manifest = Json.mapper()
                        .readTree(files.filter(file -> file.toString().endsWith(".json"))
                                .findFirst()
                                .orElseThrow()
                                .toFile());
            }
            assertThat(manifest.path("set_id").asText()).isEqualTo(night.id());
        }
    }

    @Test
    void startUpClosesAKilledSetAndNamesItsMissingBackups() throws Exception {
        Process command = pgsteward("backup", "--all");
        await().pollInterval(Duration.ofMillis(5))
                .atMost(PATIENCE)
                .until(() -> !documents().isEmpty());
        command.destroyForcibly().waitFor();
        BackupSet open = newest();
        assertThat(open.closedAt()).isNull();
        assertThat(open.asked()).isEqualTo("command");

        host.wiring().house.order();

        BackupSet closed = newest();
        assertThat(closed.closedAt()).isNotNull();
        assertThat(closed.missing())
                .extracting(BackupSet.Missing::service)
                .contains("_base", "_globals", "app", "homelab", "postgres", "wiki");
        assertThat(closed.missing())
                .filteredOn(missing -> missing.service().equals("wiki"))
                .extracting(BackupSet.Missing::reason)
                .containsExactly("its process ended before the backup was finished");
        assertThat(closed.missing())
                .filteredOn(missing -> missing.service().equals("_base"))
                .extracting(BackupSet.Missing::reason)
                .containsExactly("there was no base backup at that time; to make one: pgsteward backup --kind base");
        try (Stream<Path> locks = Files.list(host.folder().resolve("state/locks"))) {
            assertThat(locks.map(file -> file.getFileName().toString())).noneMatch(name -> name.startsWith("_set-"));
        }
    }

    @Test
    void startUpLeavesASetUnderWayOpen() throws Exception {
        List<BackupTarget> made = wiring.sets.open(SetKeeper.COMMAND, List.of(host.target(wiring, "app")));
        host.wiring().house.order();
        assertThat(newest().closedAt()).isNull();
        host.cluster().run("homelab", "CREATE DATABASE latecomer");

        wiring.sets.close(made);

        host.cluster().run("homelab", "DROP DATABASE latecomer");
        assertThat(newest().closedAt()).isNotNull();
        assertThat(newest().missing())
                .filteredOn(missing -> missing.service().equals("latecomer"))
                .extracting(BackupSet.Missing::reason)
                .containsExactly("the database appeared while the set was made");
        assertThat(newest().missing())
                .filteredOn(missing -> missing.service().equals("app"))
                .extracting(BackupSet.Missing::reason)
                .containsExactly("its backup was not started");
    }

    @Test
    void aSetNamesTheMissingReplicationLineOfPgHbaConf() throws Exception {
        Path hba = host.cluster().cluster().data().resolve("pg_hba.conf");
        String before = Files.readString(hba);
        try {
            Files.writeString(hba, before.replaceAll("(?m)^.*\\breplication\\b.*$", ""));
            host.cluster().run("homelab", "SELECT pg_reload_conf()");
            await().atMost(PATIENCE)
                    .until(() -> org.pgsteward.postgres.Replication.hindrance(
                                    host.cluster().server())
                            .isPresent());
            List<BackupTarget> made = wiring.sets.open(SetKeeper.COMMAND, List.of(host.target(wiring, "app")));
            wiring.sets.close(made);
        } finally {
            Files.writeString(hba, before);
            host.cluster().run("homelab", "SELECT pg_reload_conf()");
        }
        assertThat(newest().missing())
                .filteredOn(missing -> missing.service().equals("_base"))
                .singleElement()
                .satisfies(missing -> assertThat(missing.reason())
                        .startsWith(
                                "not asked for; no base backup can be made: pg_hba.conf allows no replication connection")
                        .contains("host replication homelab 127.0.0.1/32 scram-sha-256"));
    }

    @Test
    void theCommandShowsThemForPeopleAndForPrograms() throws Exception {
        Process backup = pgsteward("backup", "app");
        assertThat(backup.waitFor(8, TimeUnit.MINUTES)).isTrue();
        assertThat(backup.exitValue()).isZero();

        assertThat(documents())
                .as("the command backs up only the requested service")
                .hasSize(1);
        JsonNode printed = Json.mapper().readTree(output("backups", "--sets", "--json"));
        JsonNode set = printed.path("sets").path(0);
        assertThat(set.path("id").asText()).matches("\\d{8}T\\d{6}Z");
        assertThat(set.path("members").path(0).path("backup_id").asText()).startsWith("app-");
        assertThat(set.path("members").path(0).path("state").asText()).isEqualTo("verified");
        assertThat(set.path("closed_at").asText()).isNotEmpty();
        assertThat(set.path("missing").findValuesAsText("service")).contains("wiki", "_globals", "_base");

        JsonNode stored = Json.mapper()
                .readTree(output("backups", "app", "--json"))
                .path("backups")
                .path(0);
        assertThat(stored.path("backup_id"))
                .isEqualTo(set.path("members").path(0).path("backup_id"));
        assertThat(stored.path("state").asText()).isEqualTo("verified");
        assertThat(output("backups", "app").lines().skip(1).findFirst().orElseThrow())
                .startsWith("app ")
                .contains(" s  ")
                .contains(" verified ")
                .endsWith(stored.path("file").asText());

        String path = set.path("members").path(0).path("path").asText();
        Files.delete(host.store().resolve(path));
        assertThat(output("backups", "--sets"))
                .contains(set.path("id").asText())
                .contains("missing: app (dump): expired")
                .containsPattern("not asked for: \\d \\(_base, _globals, ")
                .doesNotContain("missing: wiki");
        assertThat(Files.readString(documents().get(0)))
                .as("document before tidying")
                .contains("verified");
        Path killed = host.store().resolve("_sets/" + set.path("id").asText() + ".json.part");
        Files.writeString(killed, "{");
        wiring.sets.tidy();
        assertThat(killed).doesNotExist();
        assertThat(Files.readString(documents().get(0)))
                .doesNotContain("verified")
                .contains("expired");

        Files.delete(documents().get(0));
        assertThat(output("backups", "--sets"))
                .as("only backups without a set")
                .startsWith("There is no backup set yet, only single backups; the nightly run and"
                        + " 'pgsteward backup --all' make sets.");
    }

    private BackupSet newest() throws IOException {
        List<BackupSet> sets = wiring.backupSets.all();
        return sets.isEmpty()
                ? new BackupSet("", "", java.time.Instant.EPOCH, null, List.of(), List.of(), null)
                : sets.get(0);
    }

    private static List<String> services(BackupSet set) {
        return set.members().stream().map(BackupSet.Member::service).toList();
    }

    private List<Path> documents() throws IOException {
        Path folder = host.store().resolve("_sets");
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.toString().endsWith(".json")).toList();
        }
    }

    private String output(String... arguments) throws Exception {
        Process process = pgsteward(arguments);
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).isZero();
        return printed;
    }

    private Process pgsteward(String... arguments) throws IOException {
        ProcessBuilder builder =
                new ProcessBuilder(ChildJava.steward(arguments)).redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.environment().putAll(host.environment());
        // All backups are due every second, but only the daemon makes due backups.
        builder.environment().put("PGSTEWARD_BACKUP_TICK", "* * * * * ?");
        return builder.start();
    }
}
