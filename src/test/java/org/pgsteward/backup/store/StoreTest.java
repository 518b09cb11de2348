package org.pgsteward.backup.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgsteward.backup.underway.RunLock;
import org.pgsteward.backup.underway.ServiceFolder;
import org.pgsteward.io.AtomicFile;
import org.pgsteward.io.Json;
import org.pgsteward.model.BackupKind;

@Tag("fast")
class StoreTest {
    private static final Instant NIGHT = Instant.parse("2026-03-01T03:00:00.9Z");

    @TempDir
    private Path root;

    @TempDir
    private Path locks;

    private Store store;

    @BeforeEach
    void open() {
        store = new Store(root, Json.mapper());
    }

    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource(
            delimiter = '|',
            value = {
                "app                | app",
                "app-test           | app-test",
                "App_2.0            | App_2.0",
                ".                  | %2E",
                "..                 | %2E.",
                "../../etc/passwd   | %2E.%2F..%2Fetc%2Fpasswd",
                "a/b                | a%2Fb",
                "/                  | %2F",
                "über               | %C3%BCber",
                "my app             | my%20app",
                "100%               | 100%25",
                "a%2Fb              | a%252Fb",
                "x'; DROP TABLE y;  | x%27%3B%20DROP%20TABLE%20y%3B",
                "app~1              | app%7E1",
                "RECOVERY.md        | %52ECOVERY.md",
                "recovery.md        | recovery.md"
            })
    void anyServiceNameGivesAPlainFolderName(String service, String folder) {
        assertThat(ServiceFolder.name(service)).isEqualTo(folder);
    }

    @Test
    void noTwoServicesShareAFolderAndNoneLeadsOutOfTheStore() {
        Map<String, String> seen = new HashMap<>();
        for (String service : awkwardNames()) {
            String folder = ServiceFolder.name(service);
            assertThat(seen.put(folder, service))
                    .as("%s, the folder of %s", folder, service)
                    .isNull();
            Path inside = root.resolve(folder).normalize();
            assertThat(inside.getParent()).as(service).isEqualTo(root);
            assertThat(inside).as(service).isNotEqualTo(root);
        }
    }

    @Test
    void theLongestNamesFitTheJournalAndTheFileSystem() {
        for (String service :
                List.of("x".repeat(63), "ж".repeat(31), "漢".repeat(21), "🐘".repeat(15), "%".repeat(63))) {
            String id = Store.backupId(service, NIGHT);
            String path = Store.relativePath(service, id, BackupKind.DUMP, true);
            assertThat(path.length()).as("column backup_path of %s", service).isLessThanOrEqualTo(255);
            assertThat((id + ".dump.zst.age.manifest.json.part").length())
                    .as("file name of %s", service)
                    .isLessThanOrEqualTo(255);
        }
    }

    @Test
    void aBackupIsNamedByItsServiceAndTheSecondInUtc() {
        assertThat(Store.backupId("vikunja", NIGHT)).isEqualTo("vikunja-20260301T030000Z");
        assertThat(Store.relativePath("vikunja", "vikunja-20260301T030000Z", BackupKind.DUMP, false))
                .isEqualTo("vikunja/vikunja-20260301T030000Z.dump.zst");
        assertThat(Store.relativePath("_globals", "_globals-20260301T030000Z", BackupKind.GLOBALS, false))
                .isEqualTo("_globals/_globals-20260301T030000Z.sql.zst");
        assertThat(Store.relativePath("_base", "_base-20260301T030000Z", BackupKind.BASE, false))
                .isEqualTo("_base/_base-20260301T030000Z.tar.zst");
        assertThat(Store.relativePath("vikunja", "vikunja-20260301T030000Z", BackupKind.DUMP, true))
                .isEqualTo("vikunja/vikunja-20260301T030000Z.dump.zst.age");
    }

    @Test
    void publishLeavesOnlyTheFileAndItsManifest() throws IOException {
        String path = written("app", NIGHT, "the dump");

        new UnfinishedBackup(store, path).publish(manifest("app", NIGHT));

        assertThat(store.resolve(path)).hasContent("the dump");
        assertThat(store.manifests().read(path)).isEqualTo(manifest("app", NIGHT));
        assertThat(files("app")).hasSize(2).noneMatch(name -> name.endsWith(".part"));
    }

    /** A command lists the store while the daemon writes to it. */
    @Test
    void listingToleratesFilesThatVanish() throws Exception {
        new UnfinishedBackup(store, written("app", NIGHT, "the dump")).publish(manifest("app", NIGHT));
        AtomicBoolean done = new AtomicBoolean();
        CompletableFuture<Void> writing = CompletableFuture.runAsync(() -> {
            try {
                while (!done.get()) {
                    Path part = Files.createFile(root.resolve("app").resolve("x.dump.zst.part"));
                    Files.delete(Files.move(part, root.resolve("app").resolve("x.dump.zst")));
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        for (int look = 0; look < 2000; look++) {
            assertThat(Manifests.all(store)).hasSize(1);
        }
        done.set(true);
        writing.join();
    }

    @Test
    void theFileHasItsNameBeforeItsManifestHas() throws IOException {
        String path = notQuitePublished();

        assertThat(store.resolve(path)).hasContent("the dump");
        assertThat(Manifests.all(store)).isEmpty();
    }

    @Test
    void discardRemovesAnIncompletePublication() throws IOException {
        new UnfinishedBackup(store, notQuitePublished()).discard();
        assertThat(files("app")).isEmpty();
    }

    @Test
    void startUpRemovesAnIncompletePublication() throws IOException {
        notQuitePublished();
        assertThat(store.discardUnfinished(locks)).containsExactly("app");
        assertThat(files("app")).isEmpty();
    }

    /**
     * Writes a backup and lets the last rename fail.
     *
     * @return its path
     */
    private String notQuitePublished() throws IOException {
        String path = written("app", NIGHT, "the dump");
        Path inTheWay = store.resolve(path + ".manifest.json/in-the-way");
        Files.createDirectories(inTheWay);
        assertThatThrownBy(() -> new UnfinishedBackup(store, path).publish(manifest("app", NIGHT)))
                .isInstanceOf(IOException.class);
        Files.delete(inTheWay);
        Files.delete(inTheWay.getParent());
        return path;
    }

    @ParameterizedTest
    @ValueSource(strings = {"app", "my app", "über", "100%", "жжжжжжжжжжжжжжжжжжжжжжжжжжжжжжж"})
    void startUpRemovesOnlyUnfinishedFiles(String service) throws IOException {
        String published = written(service, NIGHT, "whole");
        new UnfinishedBackup(store, published).publish(manifest(service, NIGHT));
        String unfinished = written(service, NIGHT.plusSeconds(60), "half");

        assertThat(store.discardUnfinished(locks)).containsExactly(ServiceFolder.name(service));

        assertThat(store.resolve(Store.partOf(unfinished))).doesNotExist();
        assertThat(store.resolve(published)).hasContent("whole");
        assertThat(Manifests.of(store, service)).hasSize(1);
        assertThat(store.discardUnfinished(locks)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"app", "my app", "über"})
    void startUpKeepsTheUnfinishedFileOfARunningBackup(String service) throws IOException {
        String underWay = written(service, NIGHT, "half");
        try (RunLock lock = RunLock.take(locks, service).orElseThrow()) {
            assertThat(lock).isNotNull();
            assertThat(store.discardUnfinished(locks)).isEmpty();
        }
        assertThat(store.resolve(Store.partOf(underWay))).exists();
    }

    /** A full disk left one more of these files each night, and no task removed them while the daemon ran. */
    @Test
    void aFailedWriteOfADocumentLeavesNoPartFile() throws IOException {
        Path taken = Files.createDirectories(store.resolve("_sets/20260101T030000Z.json"));
        Files.writeString(taken.resolve("in the way"), "");

        assertThatThrownBy(() -> store.write("_sets/20260101T030000Z.json", Map.of("id", "x")))
                .isInstanceOf(IOException.class);

        assertThat(store.resolve("_sets"))
                .isDirectoryContaining("glob:**.json")
                .isDirectoryNotContaining("glob:**.part");
    }

    @Test
    void aFinalNameThatExistsIsNeverWrittenOver() throws IOException {
        String path = written("app", NIGHT, "the first");
        new UnfinishedBackup(store, path).publish(manifest("app", NIGHT));
        written("app", NIGHT, "the second");

        assertThatThrownBy(() -> new UnfinishedBackup(store, path).publish(manifest("app", NIGHT)))
                .isInstanceOf(FileAlreadyExistsException.class);

        assertThat(store.resolve(path)).hasContent("the first");
    }

    @Test
    void discardTakesTheUnfinishedFileAndNeverAPublishedBackup() throws IOException {
        String path = written("app", NIGHT, "the first");
        new UnfinishedBackup(store, path).publish(manifest("app", NIGHT));
        written("app", NIGHT, "another try under the same name");
        Files.writeString(store.resolve(path + ".manifest.json.part"), "{");
        String neighbour = written("app-test", NIGHT, "the neighbour's, under way");

        new UnfinishedBackup(store, path).discard();

        assertThat(store.resolve(path)).hasContent("the first");
        assertThat(store.manifests().read(path).identity().backupId()).isEqualTo("app-20260301T030000Z");
        assertThat(files("app")).noneMatch(name -> name.endsWith(".part"));
        assertThat(store.resolve(neighbour + ".part")).exists();
    }

    @Test
    void listsFinishedBackupsOfOneServiceNewestFirst() throws IOException {
        for (String service : List.of("app", "app-test", "über")) {
            for (int day = 0; day < 3; day++) {
                Instant at = NIGHT.plusSeconds(86_400L * day);
                new UnfinishedBackup(store, written(service, at, service + day)).publish(manifest(service, at));
            }
        }
        written("app", NIGHT.plusSeconds(864_000), "not whole");

        assertThat(Manifests.of(store, "app"))
                .extracting(manifest -> manifest.identity().backupId())
                .containsExactly("app-20260303T030000Z", "app-20260302T030000Z", "app-20260301T030000Z");
        assertThat(Manifests.of(store, "über")).hasSize(3);
        assertThat(Manifests.of(store, "nobody")).isEmpty();
        assertThat(Manifests.all(store)).hasSize(9);
    }

    @Test
    void aManifestThatCannotBeReadHidesNoOther() throws IOException {
        Path folder = Files.createDirectories(root.resolve("app"));
        new UnfinishedBackup(store, written("app", NIGHT, "whole")).publish(manifest("app", NIGHT));
        Files.writeString(folder.resolve("app-20260102T030000Z.dump.zst.manifest.json"), "{broken");
        Files.writeString(folder.resolve("app-20260103T030000Z.dump.zst.manifest.json"), "{}");

        assertThat(Manifests.of(store, "app")).hasSize(1);
        assertThat(Inventory.of(store).unreadable())
                .containsKeys(
                        "app/app-20260102T030000Z.dump.zst.manifest.json",
                        "app/app-20260103T030000Z.dump.zst.manifest.json");
    }

    @Test
    void aStoreThatDoesNotExistYetIsEmpty() throws IOException {
        Store fresh = new Store(root.resolve("not-there"), Json.mapper());
        assertThat(Manifests.all(fresh)).isEmpty();
    }

    @Test
    void aBackupWithoutAManifestIsNoBackup() {
        assertThatThrownBy(() -> store.manifests().read("app/app-20260301T030000Z.dump.zst"))
                .isInstanceOfAny(NoSuchFileException.class, java.io.FileNotFoundException.class);
    }

    private String written(String service, Instant at, String content) throws IOException {
        String path = Store.relativePath(service, Store.backupId(service, at), BackupKind.DUMP, false);
        Path part = store.resolve(Store.partOf(path));
        Files.createDirectories(root.resolve(ServiceFolder.name(service)));
        Files.writeString(part, content);
        return path;
    }

    private List<String> files(String service) throws IOException {
        try (Stream<Path> files = Files.list(root.resolve(ServiceFolder.name(service)))) {
            return files.map(file -> file.getFileName().toString()).toList();
        }
    }

    private static List<String> awkwardNames() {
        List<String> names = new ArrayList<>(List.of(
                "app",
                "app-test",
                "App",
                "app_",
                "app.",
                ".app",
                "..",
                ".",
                "a/b",
                "a%2Fb",
                "a%252Fb",
                "über",
                "u\u0308ber",
                "/",
                "//",
                "a b",
                "a+b",
                "a\\b",
                "a\"b",
                "_globals",
                "漢",
                "🐘"));
        // These names differ in their last character only, and are long enough to be shortened.
        for (String letter : List.of("ж", "漢", "🐘", "x", "%")) {
            names.add(letter.repeat(15) + "1");
            names.add(letter.repeat(15) + "2");
            names.add(letter.repeat(15 * 4 / letter.getBytes(java.nio.charset.StandardCharsets.UTF_8).length) + "1");
            names.add(letter.repeat(15 * 4 / letter.getBytes(java.nio.charset.StandardCharsets.UTF_8).length) + "2");
        }
        return names.stream().distinct().toList();
    }

    private static Manifest manifest(String service, Instant at) {
        String id = Store.backupId(service, at);
        return new Manifest(
                new Manifest.Identity(id, "00000000-0000-0000-0000-000000000001", ""),
                new Manifest.Source(service, service, service, "", "dump"),
                new Manifest.Run(at, at, "15.0", "15"),
                new Manifest.File(id + ".dump.zst", "00", 8, 8, List.of(), ""),
                new Manifest.Contents(Map.of(), Map.of(), DatabaseEnvironment.UNKNOWN),
                List.of());
    }

    /** One digit in the file becomes a large object in memory. */
    @Test
    void aManifestWithMoreTablesThanADatabaseHasIsNotRead() throws IOException {
        Files.createDirectories(root.resolve("app"));
        String path = "app/app-20260301T030000Z.dump.zst";
        StringBuilder rows = new StringBuilder("{\"rows\":{\"t\":1");
        for (int table = 0; table < 300_000; table++) {
            rows.append(",\"t").append(Integer.toHexString(table)).append("\":1");
        }
        Files.writeString(root.resolve(path + Store.MANIFEST), rows.append("}}"));

        assertThatThrownBy(() -> store.manifests().read(path))
                .isInstanceOf(IOException.class)
                .hasMessageEndingWith(".manifest.json has more than 120000 names and values, which pgsteward never"
                        + " writes; remove it");
        assertThat(Inventory.of(store).unreadable()).hasSize(1);
    }

    @Test
    void aFolderThatIsALinkIsNotUsed() throws IOException {
        Path elsewhere = Files.createDirectory(root.resolve("elsewhere"));
        Files.createSymbolicLink(root.resolve("wiki"), elsewhere);
        Path file = Files.writeString(elsewhere.resolve("a.dump.zst.part"), "somebody else's");

        assertThatThrownBy(() -> new UnfinishedBackup(store, "wiki/a.dump.zst").clear())
                .hasMessage("cannot use " + root.resolve("wiki")
                        + ": it is a link, and links in the store are not followed; put a folder in its place");
        assertThatThrownBy(() -> store.write("wiki/set.json", Map.of())).hasMessageContaining("it is a link");
        assertThat(store.problem("wiki/a.dump.zst.part", 15).orElseThrow()).contains("it is a link");
        assertThat(file).hasContent("somebody else's");
    }

    /**
     * A program that could write only to the store linked to a file of pgsteward, and read its first word in an
     * error message.
     */
    @Test
    void aManifestThatIsALinkIsNotRead() throws IOException {
        Path secret = Files.writeString(root.resolve("secret"), "S3cretOfTheAdministrator");
        Path folder = Files.createDirectories(root.resolve("wiki"));
        Files.createSymbolicLink(folder.resolve("wiki-1.dump.zst.manifest.json"), secret);

        assertThatThrownBy(() -> store.manifests().read("wiki/wiki-1.dump.zst"))
                .isInstanceOf(IOException.class)
                .hasMessageEndingWith("it is a symbolic link");
        assertThat(Inventory.of(store).unreadable().values()).noneMatch(said -> said.contains("S3cret"));
    }

    @Test
    void doesNotQuoteTheContentOfAnInvalidManifest() throws IOException {
        Path folder = Files.createDirectories(root.resolve("wiki"));
        Files.writeString(folder.resolve("wiki-1.dump.zst.manifest.json"), "S3cretOfTheAdministrator");

        assertThatThrownBy(() -> store.manifests().read("wiki/wiki-1.dump.zst"))
                .isInstanceOf(IOException.class)
                .hasMessageEndingWith("wiki-1.dump.zst.manifest.json is not in pgsteward's format (line 1, column 25)")
                .hasNoCause();
    }

    @Test
    void writesNoFileThroughALink() throws IOException {
        Path other = Files.writeString(root.resolve("other"), "of somebody else");
        Path part = root.resolve("RECOVERY.md.part");
        Files.createSymbolicLink(part, other);

        AtomicFile.create(part, "ours".getBytes(StandardCharsets.UTF_8), AtomicFile.PRIVATE);

        assertThat(other).hasContent("of somebody else");
        assertThat(part).hasContent("ours");
        assertThat(Files.isSymbolicLink(part)).isFalse();
    }

    @Test
    void aPartThatWasALinkIsRemovedBeforeARunAndRefusedAfterIt() throws IOException {
        Path other = Files.writeString(root.resolve("other"), "of somebody else");
        Path part = Files.createDirectories(root.resolve("wiki")).resolve("wiki-1.dump.zst.part");
        Files.createSymbolicLink(part, other);

        assertThatThrownBy(() -> new UnfinishedBackup(store, "wiki/wiki-1.dump.zst").size())
                .hasMessageContaining("is not a regular file");
        new UnfinishedBackup(store, "wiki/wiki-1.dump.zst").clear();

        assertThat(part).doesNotExist();
        assertThat(other).hasContent("of somebody else");
    }
}
