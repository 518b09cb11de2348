package org.pgsteward.backup.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.pgsteward.io.Json;

@Tag("fast")
class InventoryTest {
    @TempDir
    private Path root = Path.of("/nowhere");

    private Inventory inventory = new Inventory(java.util.List.of(), java.util.Map.of());

    @BeforeEach
    void aStoreOfTwoServicesAndABadManifest() throws IOException {
        manifest("app", "app-20260101T030000Z", "2026-01-01T03:00:00Z", "app");
        manifest("app", "app-20260103T030000Z", "2026-01-03T03:00:00Z", "app");
        manifest("app", "app-20260102T030000Z", "2026-01-02T03:00:00Z", "app");
        manifest("app-test", "app-test-20260109T030000Z", "2026-01-09T03:00:00Z", "testing");
        Files.writeString(root.resolve("app/app-20260104T030000Z.dump.zst.manifest.json"), "{\"backup_id\":");
        Files.writeString(root.resolve("app/app-20260105T030000Z.dump.zst.manifest.json"), "{\"backup_id\":\"x\"}");
        Files.writeString(root.resolve("RECOVERY.md"), "");
        inventory = Inventory.of(new Store(root, Json.mapper()));
    }

    @Test
    void aManifestThatCannotBeReadIsNamedAndHidesNoOther() {
        assertThat(inventory.backups()).hasSize(4);
        assertThat(inventory.unreadable())
                .containsOnlyKeys(
                        "app/app-20260104T030000Z.dump.zst.manifest.json",
                        "app/app-20260105T030000Z.dump.zst.manifest.json");
    }

    /** Opening a named pipe would wait forever for a writer. */
    @Test
    @Timeout(value = 2, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void aNamedPipeIsNotOpened() throws Exception {
        Path pipe = root.resolve("app/x.dump.zst.manifest.json");
        assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor())
                .isZero();

        Inventory read = Inventory.of(new Store(root, Json.mapper()));

        assertThat(read.backups()).hasSize(4);
        assertThat(read.unreadable().get("app/x.dump.zst.manifest.json")).contains("it is not a regular file");
    }

    @Test
    void namesAHundredUnreadableManifestsAndCountsTheRest() throws IOException {
        for (int i = 0; i < 250; i++) {
            Files.createFile(root.resolve("app/app-empty-" + i + ".dump.zst.manifest.json"));
        }

        Inventory read = Inventory.of(new Store(root, Json.mapper()));

        assertThat(read.backups()).hasSize(4);
        assertThat(read.unreadable()).hasSize(101);
        assertThat(read.unreadable().get("app/")).startsWith("152 more manifests cannot be read");
    }

    @Test
    void readsTheNewestOfTooManyNamesAndCountsTheRest() throws IOException {
        FolderNames names = FolderNames.in(
                root.resolve("app"), file -> file.toString().endsWith("0260104T030000Z.dump.zst.manifest.json"), 3);
        assertThat(names.left()).isZero();
        names = FolderNames.in(root.resolve("app"), file -> true, 2);
        assertThat(names.newestFirst())
                .extracting(file -> file.getFileName().toString().substring(0, 20))
                .containsExactly("app-20260105T030000Z", "app-20260104T030000Z");
        assertThat(names.left()).isEqualTo(3);
    }

    @Test
    void aManifestThatDescribesMoreThanABackupHasIsNotKept() throws IOException {
        String name = "app-20260103T030000Z";
        Path manifest = root.resolve("app/" + name + ".dump.zst.manifest.json");
        Files.writeString(
                manifest,
                Files.readString(manifest)
                        .replace(
                                "{}, \"rows\"",
                                "{}, \"caveats\": [" + ("\"" + "x".repeat(90_000) + "\",").repeat(20)
                                        + "\"\"], \"rows\""));

        Inventory read = Inventory.of(new Store(root, Json.mapper()));

        assertThat(read.backups()).hasSize(3);
        assertThat(read.unreadable().get("app/" + name + ".dump.zst.manifest.json"))
                .startsWith("it is larger than the manifest of any backup");
    }

    @Test
    void aDatabaseIsFoundByItsOwnNameAndABackupByItsIdOrItsPath() {
        assertThat(inventory.of("testing")).hasSize(1);
        assertThat(inventory.named("app-20260101T030000Z")).isPresent();
        assertThat(inventory.named("app/app-20260101T030000Z.dump.zst")).isPresent();
        assertThat(inventory.named(
                        root.resolve("app/app-20260101T030000Z.dump.zst").toString()))
                .isPresent();
        assertThat(inventory.named("app-2026")).isEmpty();
        assertThat(inventory.newestOfEach())
                .extracting(backup -> backup.manifest().identity().backupId())
                .containsExactly("app-20260103T030000Z", "app-test-20260109T030000Z");
    }

    @Test
    void anAdoptedDatabaseHasOneNewestBackupUnderBothNames() throws IOException {
        manifest("webapp", "webapp-20260104T030000Z", "2026-01-04T03:00:00Z", "app");
        inventory = Inventory.of(new Store(root, Json.mapper()));

        assertThat(inventory.newestOfEach())
                .extracting(backup -> backup.manifest().identity().backupId())
                .containsExactly("app-test-20260109T030000Z", "webapp-20260104T030000Z");
        assertThat(inventory.newestOfEach(
                        backup -> backup.manifest().identity().backupId().equals("app-20260102T030000Z")))
                .extracting(backup -> backup.manifest().identity().backupId())
                .containsExactly("app-20260102T030000Z", "app-test-20260109T030000Z");
        for (String name : java.util.List.of("app", "webapp")) {
            assertThat(inventory.of(name)).hasSize(4);
        }
    }

    private void manifest(String service, String id, String at, String database) throws IOException {
        Files.createDirectories(root.resolve(service));
        Files.writeString(root.resolve(service).resolve(id + ".dump.zst.manifest.json"), """
                {"backup_id": "%s", "event_id": "00000000-0000-0000-0000-000000000001", "service": "%s",
                 "database": "%s", "owner": "app", "image": "", "kind": "dump", "file": "%s.dump.zst", "sha256": "00",
                 "size_bytes": 1, "source_bytes": 2, "started_at": "%s", "finished_at": "%s",
                 "server_version": "15.8", "client_version": "15", "extensions": {}, "rows": {}}
                """.formatted(
                        id, service, database, id, at, at));
    }
}
