package org.pgsteward.backup.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgsteward.io.Json;
import org.pgsteward.model.BackupKind;
import org.pgsteward.model.Secret;

/** Manifests of a program that can write to the store but has no key. They must not fill the memory. */
@Tag("fast")
class ManifestReadingTest {
    private static final Instant NIGHT = Instant.parse("2026-03-01T03:00:00Z");

    @TempDir
    private Path root = Path.of("/nowhere");

    private Store store = new Store(root, Json.mapper());

    @BeforeEach
    void open() {
        store = new Store(root, Json.mapper());
    }

    /**
     * Every backup of a service failed for lack of memory, since 31 manifests had a caveat of 900,000 characters
     * each.
     */
    @Test
    void readersOfManyManifestsKeepNoMoreThanFitsIntoMemory() throws IOException {
        for (int i = 0; i < 31; i++) {
            manifest("wiki-2026030" + i + "T030000Z", "x".repeat(900_000), "");
        }

        assertThat(new StoreView(store).of("wiki", Map.of())).hasSize(14);
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

        assertThatThrownBy(() -> store.manifests().read(path))
                .hasMessageStartingWith("it is larger than the manifest of any backup");
        assertThat(new StoreView(store).of("wiki", Map.of())).isEmpty();
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

    /** A size that exceeds every disk would make pgsteward refuse every backup of the service. */
    @Test
    void sizesThatTheFilesDoNotHaveAreNotCounted() throws IOException {
        Files.writeString(store.resolve(manifest("wiki-20260301T030000Z", "", "")), "12345678");
        Files.writeString(store.resolve(manifest("wiki-20260302T030000Z", "", "")), "1234567");
        manifest("wiki-20260303T030000Z", "", "");

        assertThat(store.sizes("wiki", BackupKind.DUMP)).containsExactly(8L);
        assertThat(store.sizes("wiki", BackupKind.BASE)).isEmpty();
    }

    /** Empty texts have no characters but still need memory. */
    @Test
    void eachTextOfAListCounts() {
        List<String> empty = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            empty.add("");
        }
        assertThat(ManifestSize.of(one("wiki-1", "wiki").with(empty))).isGreaterThan(50_000);
        assertThat(ManifestSize.of(one("wiki-1", "wiki"))).isLessThan(1_000);
    }

    /** The unsigned manifests came first by name, and every command left out the genuine ones. */
    @Test
    void signedManifestsAreFoundBehindLargeUnsignedOnes() throws IOException {
        signedStore();
        for (int i = 0; i < 10; i++) {
            manifest("wiki-2026030" + i + "T030000Z", "", "");
        }
        sign();
        for (int i = 0; i < 50; i++) {
            manifest("wiki-20260401T9900" + (10 + i) + "Z", "x".repeat(890_000), "");
            forge(manifest("wiki-20260401T9901" + (10 + i) + "Z", "x".repeat(890_000), ""));
        }

        Inventory inventory = Inventory.of(store);
        assertThat(signed(inventory)).hasSize(10);
        assertThat(inventory.backups()).hasSize(15);
        assertThat(inventory.unreadable().get("wiki/"))
                .startsWith(
                        "95 manifests without a valid signature are not read, since there are too many or they are too large;")
                .contains("find '" + root.resolve("wiki") + "'");
        assertThat(new StoreView(store).of("wiki", Map.of())).hasSize(15);
        assertThat(signed(new KnownFolders(store).newest(Map.of()))).isNotEmpty();
        assertThat(store.manifests().alteration("wiki/wiki-20260301T030000Z.dump.zst"))
                .isEmpty();
    }

    /** Parsing a manifest of 4 MB takes seconds. The reader gets it after that. */
    @Test
    void largeUnsignedManifestsAreNotParsedBeyondTheirBudget() throws IOException {
        signedStore();
        manifest("wiki-20260301T030000Z", "", "");
        sign();
        Map<String, Long> rows = new HashMap<>();
        for (int i = 0; i < 49_990; i++) {
            rows.put("public.table_with_quite_a_long_name_that_makes_the_manifest_large_" + i, (long) i);
        }
        for (int i = 0; i < 12; i++) {
            String id = "wiki-20260401T9900" + (10 + i) + "Z";
            Files.writeString(
                    root.resolve("wiki/" + id + ".dump.zst.manifest.json"), store.text(one(id, "wiki", rows)));
        }

        List<String> parsed = new ArrayList<>();
        ManifestReading reading = new ManifestReading(store);
        reading.read(root.resolve("wiki"), Store.MANIFEST, (file, read) -> {
            parsed.add(read.manifest().identity().backupId());
            return 0;
        });

        assertThat(store.manifests()
                        .unparsed(root.resolve("wiki/wiki-20260401T990010Z.dump.zst.manifest.json"))
                        .length())
                .isBetween(3_500_000, 4_000_000);
        assertThat(parsed).hasSize(6).last().isEqualTo("wiki-20260301T030000Z");
        assertThat(reading.unreadable().get("wiki/")).startsWith("7 manifests without a valid signature");
    }

    /** A version without signatures wrote these manifests, or their key was lost. */
    @Test
    void twoThousandOrdinaryUnsignedManifestsAreRead() throws IOException {
        Map<String, Long> rows = new HashMap<>();
        for (int i = 0; i < 100; i++) {
            rows.put("public.an_ordinary_table_" + i, 1_000_000L + i);
        }
        signedStore();
        Files.createDirectories(root.resolve("wiki"));
        for (int i = 0; i < 2000; i++) {
            String id = "wiki-20260301T03" + (1000 + i) + "Z";
            String text = store.text(one(id, "wiki", rows));
            Files.writeString(
                    root.resolve("wiki/" + id + ".dump.zst.manifest.json"),
                    i % 2 == 0 ? text : signed(keys("cd"), text));
        }

        Inventory inventory = Inventory.of(store);
        assertThat(inventory.unreadable()).isEmpty();
        assertThat(inventory.backups()).hasSize(2000);
        assertThat(inventory.backups())
                .extracting(StoredBackup::signature)
                .containsOnly(ManifestSignature.MISSING, ManifestSignature.FOREIGN);
    }

    @Test
    void signedManifestsAreFoundAmongMoreNamesThanAreRead() throws IOException {
        signedStore();
        manifest("wiki-20260301T030000Z", "", "");
        sign();
        for (int i = 0; i <= FolderNames.MOST; i++) {
            Files.writeString(root.resolve("wiki/wiki-20260401T99" + i + "Z.dump.zst.manifest.json"), "");
        }

        Inventory inventory = Inventory.of(store);
        assertThat(signed(inventory)).hasSize(1);
        assertThat(inventory.unreadable().get("wiki/")).startsWith("1 manifests are not read");
    }

    @Test
    void theCardShowsSignedBackupsBesideManyUnsignedOnes() throws IOException {
        signedStore();
        manifest("wiki-20260301T030000Z", "", "");
        sign();
        for (int i = 0; i < 9; i++) {
            manifest("wiki-20260401T99000" + i + "Z", "x".repeat(900_000), "", "database " + i);
        }
        KnownFolders known = new KnownFolders(store);
        for (int times = 0; times < 2; times++) {
            Inventory shown = known.newest(Map.of());
            assertThat(signed(shown)).hasSize(1);
            assertThat(shown.backups()).hasSize(4);
            assertThat(shown.unreadable().get(".")).startsWith("6 manifests are not read");
        }
    }

    /** Lists of backups keep no rows. They still refuse the same manifests as a reader of one whole manifest. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "{\"public.wiki\": 1, \"public.\\\"Page\\\"\": \"2\"}",
                "{\"public.wiki\": -1}",
                "{\"public.wiki\": null}",
                "{\"public.wiki\": {}}",
                "{\"public.wiki; DROP TABLE x\": 1}",
                "{\"public.wiki\": 1",
                "null",
                "[]",
                "5"
            })
    void rowsAreCheckedThoughNoneAreKept(String rows) throws IOException {
        String path = manifest("wiki-20260301T030000Z", "", "");
        Path file = store.resolve(path + Store.MANIFEST);
        Files.writeString(file, Files.readString(file).replace("\"rows\":{}", "\"rows\":" + rows));
        String refusal = refusal(() -> store.manifests().readSigned(path));

        assertThat(refusal(() -> store.manifests().readWithoutRows(path))).isEqualTo(refusal);
        assertThat(refusal.isEmpty()).isEqualTo(rows.equals("{}") || rows.contains("Page"));
        if (refusal.isEmpty()) {
            assertThat(store.manifests().readWithoutRows(path).manifest())
                    .isEqualTo(store.manifests().readSigned(path).manifest().withoutRows());
        }
    }

    private static String refusal(Callable<SignedManifest> reading) {
        try {
            reading.call();
            return "";
        } catch (Exception e) {
            // The parser reports its position in the text, which differs between the two ways.
            return String.valueOf(e.getMessage()).replaceFirst(" \\(line .*", "");
        }
    }

    private static ManifestKeys keys(String digits) {
        return ManifestKeys.of(Optional.of(new Secret(digits.repeat(32))), Path.of("/nowhere/manifest_key"));
    }

    private void signedStore() {
        store = new Store(root, Json.mapper(), keys("ab"));
    }

    private static List<StoredBackup> signed(Inventory inventory) {
        return inventory.backups().stream()
                .filter(backup -> backup.signature() == ManifestSignature.VALID)
                .toList();
    }

    /** Signs all manifests of the service. */
    private void sign() throws IOException {
        for (Path file : FolderNames.in(root.resolve("wiki"), Store.MANIFEST).newestFirst()) {
            Files.writeString(file, signed(keys("ab"), Files.readString(file)));
        }
    }

    /** Signs a manifest and changes it afterwards. */
    private void forge(String path) throws IOException {
        Path file = store.resolve(path + Store.MANIFEST);
        Files.writeString(
                file, signed(keys("ab"), Files.readString(file)).replace("\"size_bytes\":8,", "\"size_bytes\":9,"));
    }

    private static String signed(ManifestKeys keys, String manifest) throws IOException {
        byte[] text = (manifest.substring(0, manifest.length() - 1) + "\n}").getBytes(StandardCharsets.UTF_8);
        return new String(keys.signed(text), StandardCharsets.UTF_8);
    }

    /** Splits a text into several caveats, since one text has a limit of its own. */
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
        return one(id, database, Map.of());
    }

    private static Manifest one(String id, String database, Map<String, Long> rows) {
        return new Manifest(
                new Manifest.Identity(id, UUID.randomUUID().toString(), ""),
                new Manifest.Source("wiki", database, "wiki", "", "dump"),
                new Manifest.Run(NIGHT, NIGHT.plusSeconds(5), "15.0", "15"),
                new Manifest.File(id + ".dump.zst", "00", 8, 80, List.of(), ""),
                new Manifest.Contents(Map.of(), rows, DatabaseEnvironment.UNKNOWN),
                List.of());
    }
}
