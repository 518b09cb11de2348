package org.pgsteward.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pgsteward.model.BackupKind;
import org.pgsteward.routing.Json;

/** What a program writes into the store that can write there and has no key must not fill the memory. */
class ManifestReadingTest {
    private static final Instant NIGHT = Instant.parse("2026-03-01T03:00:00Z");

    @TempDir
    private Path root = Path.of("/nowhere");

    private Store store = new Store(root, Json.mapper());

    @BeforeEach
    void open() {
        store = new Store(root, Json.mapper());
    }

    /** 31 manifests with a caveat of 900,000 characters each ended every backup of the service for want of memory. */
    @Test
    void readersOfManyManifestsKeepNoMoreThanFitsIntoMemory() throws IOException {
        for (int i = 0; i < 31; i++) {
            manifest("wiki-2026030" + i + "T030000Z", "x".repeat(900_000), "");
        }

        assertThat(new Holdings(store).of("wiki", Map.of())).hasSize(14);
        assertThat(Inventory.of(store).backups()).hasSize(14);
        assertThat(Inventory.of(store).unreadable().get("wiki/")).startsWith("17 manifests are not read");
        assertThat(new KnownFolders(store).newest(Map.of()).backups()).hasSize(1);
    }

    @Test
    void backupsThatAreBeingRemovedAreReadWithinTheSameLimits() throws IOException {
        for (int i = 0; i < 31; i++) {
            manifest("wiki-2026030" + i + "T030000Z", "x".repeat(900_000), ".going");
        }
        Files.writeString(root.resolve("wiki/torn.dump.zst.manifest.json.going"), "{");

        assertThat(new Removal(store).unfinished("wiki")).hasSize(14);
    }

    @Test
    void aManifestThatIsTooLargeIsReadByNoReader() throws IOException {
        String path = manifest("wiki-20260301T030000Z", "x".repeat(1_000_001), "");

        assertThatThrownBy(() -> store.manifest(path)).hasMessageStartingWith("it describes more than a backup has");
        assertThat(new Holdings(store).of("wiki", Map.of())).isEmpty();
    }

    @Test
    void theCardShowsNoMoreThanFitsIntoMemory() throws IOException {
        for (int i = 0; i < 20; i++) {
            manifest("wiki-2026030" + i + "T030000Z", "x".repeat(900_000), "", "database " + i);
        }

        Inventory shown = new KnownFolders(store).newest(Map.of());

        assertThat(shown.backups()).hasSize(7);
        assertThat(shown.unreadable().get(".")).startsWith("13 manifests are not read");
    }

    @Test
    void aTextThatIsTooLongIsNotRead() throws IOException {
        manifest("wiki-20260301T030000Z", "", "");
        Path file = root.resolve("wiki/wiki-20260302T030000Z.dump.zst.manifest.json");
        Files.writeString(file, store.text(one("wiki-20260302T030000Z", "wiki").with(List.of("x".repeat(100_001)))));

        assertThat(Inventory.of(store).backups()).hasSize(1);
        assertThat(Inventory.of(store).unreadable())
                .containsOnlyKeys(root.relativize(file).toString());
    }

    /** A size for which no disk has room would refuse every backup of the service. */
    @Test
    void sizesThatTheFilesDoNotHaveAreNotCounted() throws IOException {
        Files.writeString(store.resolve(manifest("wiki-20260301T030000Z", "", "")), "12345678");
        Files.writeString(store.resolve(manifest("wiki-20260302T030000Z", "", "")), "1234567");
        manifest("wiki-20260303T030000Z", "", "");

        assertThat(store.sizes("wiki", BackupKind.DUMP)).containsExactly(8L);
        assertThat(store.sizes("wiki", BackupKind.BASE)).isEmpty();
    }

    /** Empty texts have no characters, and need memory all the same. */
    @Test
    void eachTextOfAListCounts() {
        List<String> empty = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            empty.add("");
        }
        assertThat(ManifestSize.of(one("wiki-1", "wiki").with(empty))).isGreaterThan(50_000);
        assertThat(ManifestSize.of(one("wiki-1", "wiki"))).isLessThan(1_000);
    }

    /** In pieces, since one text has a limit of its own. */
    private static List<String> caveats(String text) {
        List<String> caveats = new ArrayList<>();
        for (int at = 0; at < text.length(); at += 90_000) {
            caveats.add(text.substring(at, Math.min(text.length(), at + 90_000)));
        }
        return caveats;
    }

    private String manifest(String id, String caveat, String ending) throws IOException {
        return manifest(id, caveat, ending, "wiki");
    }

    private String manifest(String id, String caveat, String ending, String database) throws IOException {
        Files.createDirectories(root.resolve("wiki"));
        Files.writeString(
                root.resolve("wiki/" + id + ".dump.zst.manifest.json" + ending),
                store.text(one(id, database).with(caveats(caveat))));
        return "wiki/" + id + ".dump.zst";
    }

    private static Manifest one(String id, String database) {
        return new Manifest(
                id,
                UUID.randomUUID().toString(),
                "",
                "wiki",
                database,
                "wiki",
                "",
                "dump",
                id + ".dump.zst",
                "00",
                8,
                80,
                NIGHT,
                NIGHT.plusSeconds(5),
                "15.0",
                "15",
                List.of(),
                "",
                Map.of(),
                Map.of());
    }
}
