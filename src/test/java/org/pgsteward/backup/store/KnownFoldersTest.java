package org.pgsteward.backup.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pgsteward.io.Json;
import org.pgsteward.model.Secret;
import org.pgsteward.postgres.ServerAddress;

/** The part of the inventory that RECOVERY.md shows, in comparison with a card of the whole inventory. */
@Tag("fast")
class KnownFoldersTest {
    private static final ServerAddress SERVER =
            new ServerAddress("postgresql", 5432, "homelab", new Secret("secret"), "homelab");

    private static final Instant NOW = Instant.parse("2026-02-01T03:00:00Z");

    @TempDir
    private Path folder = Path.of("/nowhere");

    private Path root = folder;
    private ManifestKeys keys = ManifestKeys.NONE;
    private Store store = new Store(folder, Json.mapper());

    @BeforeEach
    void aSignedStore() throws IOException {
        root = Files.createDirectory(folder.resolve("store"));
        keys = ManifestKeys.of(Optional.of(new Secret("ab".repeat(32))), folder.resolve("no-own-key"));
        store = new Store(root, Json.mapper(), keys);
    }

    @Test
    void givesTheSameCardAsTheWholeInventory() throws IOException {
        List<String> ids = List.of(
                // The first signed backup is not verified and not the newest of its database.
                manifest("wiki", "wiki", 1, false),
                manifest("wiki", "wiki", 2, true),
                manifest("wiki", "wiki", 5, true),
                // Another program wrote this backup.
                manifest("wiki", "wiki", 7, false),
                manifest("app", "app", 1, false),
                manifest("app", "app", 3, false),
                manifest("app", "app", 4, true),
                // Another service adopted the database.
                manifest("webapp", "app", 6, true));
        Files.writeString(root.resolve("app/torn.dump.zst.manifest.json"), "{\"backup_id\":");
        KnownFolders known = new KnownFolders(store);
        Inventory whole = Inventory.of(store);

        for (int chosen = 0; chosen < 1 << ids.size(); chosen++) {
            Map<String, String> verified = new HashMap<>();
            for (int i = 0; i < ids.size(); i++) {
                if ((chosen >> i & 1) == 1) {
                    verified.put(ids.get(i), "00");
                }
            }
            assertThat(card(known.newest(verified), verified))
                    .as("verified: %s", verified)
                    .isEqualTo(card(whole, verified));
        }
    }

    @Test
    void noticesBackupsThatAreAddedAndRemoved() throws IOException {
        KnownFolders known = new KnownFolders(store);
        manifest("app", "app", 1, true);
        assertThat(ids(known)).containsExactly("app-1");
        String second = manifest("app", "app", 2, true);
        settle("app");
        assertThat(ids(known)).containsExactly("app-2");
        assertThat(ids(known)).containsExactly("app-2");
        manifest("wiki", "wiki", 3, true);
        assertThat(ids(known)).containsExactly("wiki-3", "app-2");
        Files.delete(file("app", second));
        assertThat(ids(known)).containsExactly("wiki-3", "app-1");
        Files.delete(file("app", "app-1"));
        Files.delete(root.resolve("app"));
        assertThat(ids(known)).containsExactly("wiki-3");
    }

    /** Without this, pgsteward would read 5,000 manifests after each backup of a night. */
    @Test
    void readsNoManifestTwiceOfAFolderThatDidNotChange() throws IOException {
        KnownFolders known = new KnownFolders(store);
        for (int day = 1; day <= 3; day++) {
            manifest("app", "app", day, true);
        }
        settle("app");
        assertThat(ids(known)).containsExactly("app-3");
        for (int day = 1; day <= 3; day++) {
            Files.writeString(file("app", "app-" + day), "no JSON");
        }

        Inventory again = known.newest(Map.of());

        assertThat(again.unreadable()).isEmpty();
        assertThat(again.backups())
                .hasSize(2)
                .first()
                .satisfies(backup -> assertThat(backup.path()).isEqualTo("app/app-3.dump.zst"));
    }

    private static List<String> ids(KnownFolders known) throws IOException {
        // The result includes the first signed backup, which the card needs to check the signatures.
        Inventory inventory = known.newest(Map.of());
        List<String> ids = new ArrayList<>();
        inventory
                .newestOfEach()
                .forEach(backup -> ids.add(backup.manifest().identity().backupId()));
        return inventory.backups().stream()
                .map(backup -> backup.manifest().identity().backupId())
                .filter(ids::contains)
                .toList();
    }

    private static String card(Inventory inventory, Map<String, String> verified) {
        return CardText.of(inventory, verified, SERVER, NOW);
    }

    private Path file(String service, String id) {
        return root.resolve(service).resolve(id + ".dump.zst.manifest.json");
    }

    /** Sets the last change of the folder to a time long ago. */
    private void settle(String service) throws IOException {
        Files.setLastModifiedTime(root.resolve(service), FileTime.from(NOW));
    }

    private String manifest(String service, String database, int day, boolean signed) throws IOException {
        String id = service + "-" + day;
        Instant at = Instant.parse("2026-01-0" + day + "T03:00:00Z");
        Files.createDirectories(root.resolve(service));
        byte[] text = """
                {"backup_id": "%s", "event_id": "00000000-0000-0000-0000-000000000001", "service": "%s",
                 "database": "%s", "owner": "app", "image": "", "kind": "dump", "file": "%s.dump.zst", "sha256": "00",
                 "size_bytes": 1, "source_bytes": 2, "started_at": "%s", "finished_at": "%s", "sealed_to": [],
                 "proof": "", "server_version": "15.8", "client_version": "15", "extensions": {}, "rows": {}
                }""".formatted(id, service, database, id, at, at).getBytes(StandardCharsets.UTF_8);
        Files.write(file(service, id), signed ? keys.signed(text) : text);
        return id;
    }
}
