package org.pgsteward.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.pgsteward.backup.copy.CopyHost;
import org.pgsteward.backup.copy.CopyPass;
import org.pgsteward.model.Backup;
import org.pgsteward.postgres.NeedsPostgres;

/** The commands {@code backups --at} and {@code check --copies} on a folder target. */
@NeedsPostgres
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@Timeout(value = 40, unit = TimeUnit.MINUTES)
class TargetCommandsIT {
    private final ObjectMapper json = new ObjectMapper();
    private CopyHost host;
    private Path folder;
    private Backup app;
    private Backup other;

    @BeforeAll
    void copyBackups() throws Exception {
        host = new CopyHost();
        folder = Files.createDirectory(host.host.folder().resolve("other-disk"));
        host.start(Map.of("pgsteward.copy.folder.dir", folder.toString()));
        app = host.backUp("app");
        other = host.backUp("other");
        assertThat(host.copyTo("folder")).isEqualTo(new CopyPass.Result(2, 0, Optional.empty()));
        host.stop();
        host.host.environment().put("PGSTEWARD_COPY_FOLDER_DIR", folder.toString());
    }

    @AfterAll
    void stop() throws Exception {
        host.close();
    }

    private CommandRun run(String... arguments) throws Exception {
        return CommandRun.on(host.host, arguments);
    }

    @Test
    @Order(1)
    void listsTheBackupsAtATarget() throws Exception {
        CommandRun list = run("backups", "--at", "folder");
        assertThat(list.code()).as(list.toString()).isZero();
        assertThat(list.out().lines())
                .hasSize(3)
                .anyMatch(line -> line.startsWith("app ") && line.endsWith("  there  " + app.id()))
                .anyMatch(line -> line.startsWith("other ") && line.endsWith("  there  " + other.id()));
        assertThat(list.err()).isEmpty();
    }

    @Test
    @Order(2)
    void listsThemWithoutPostgresAndJournal() throws Exception {
        CommandRun list = CommandRun.on(
                host.host,
                Map.of(
                        "PGSTEWARD_POSTGRES_PORT",
                        "1",
                        "PGSTEWARD_POSTGRES_CONNECT_TIMEOUT",
                        "1s",
                        "PGSTEWARD_STATE_DIR",
                        host.host.folder().resolve("new-state").toString(),
                        "PGSTEWARD_BACKUP_DIR",
                        host.host.folder().resolve("new-store").toString()),
                "backups",
                "--at",
                "folder",
                "--json");
        assertThat(list.code()).as(list.toString()).isZero();
        JsonNode backups = json.readTree(list.out()).path("backups");
        assertThat(backups.findValuesAsText("backup_id")).containsExactly(other.id(), app.id());
        assertThat(backups.findValuesAsText("state")).containsOnly("not known here");
        assertThat(list.err()).hasLineCount(1).contains("cannot read the states of copies from the journal");
    }

    @Test
    @Order(3)
    void namesTheBackupsThatTheTargetLacks() throws Exception {
        Files.delete(folder.resolve(app.path().orElseThrow()));
        Files.delete(folder.resolve(other.path().orElseThrow()));
        Files.delete(folder.resolve(other.path().orElseThrow() + ".manifest.json"));
        CommandRun list = run("backups", "--at", "folder");
        assertThat(list.out().lines())
                .anyMatch(line -> line.endsWith("  missing there  " + app.id()))
                .anyMatch(line -> line.endsWith("  missing there  " + other.id()));
    }

    @Test
    void checkTriesEachTarget() throws Exception {
        CommandRun well = run("check", "--copies");
        assertThat(well.code()).as(well.toString()).isZero();
        assertThat(well.out()).isEqualTo("folder: wrote, read and removed a small file");

        Map<String, String> gone = Map.of("PGSTEWARD_COPY_FOLDER_DIR", "/tmp/pgsteward-gone");
        CommandRun failed = CommandRun.on(host.host, gone, "check", "--copies");
        assertThat(failed.code()).as(failed.toString()).isEqualTo(1);
        assertThat(failed.err())
                .isEqualTo("pgsteward: folder: the folder /tmp/pgsteward-gone does not exist; create it on the other"
                        + " disk, with write permission for pgsteward's user");
        JsonNode document = json.readTree(
                CommandRun.on(host.host, gone, "check", "--copies", "--json").out());
        assertThat(document.path("well").asBoolean(true)).isFalse();
        assertThat(document.path("copies").path(0).path("target").asText()).isEqualTo("folder");

        CommandRun none = CommandRun.on(host.host, Map.of("PGSTEWARD_COPY_FOLDER_DIR", ""), "check", "--copies");
        assertThat(none.code()).as(none.toString()).isEqualTo(2);
        assertThat(none.err())
                .startsWith("pgsteward: no target of copies is switched on; set PGSTEWARD_COPY_FOLDER_DIR");
    }
}
