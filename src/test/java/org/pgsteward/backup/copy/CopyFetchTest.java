package org.pgsteward.backup.copy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.ZstdInputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgsteward.backup.store.AgeKeys;
import org.pgsteward.backup.store.Inventory;
import org.pgsteward.backup.store.Store;
import org.pgsteward.backup.store.StoredBackup;
import org.pgsteward.io.Json;
import org.pgsteward.io.Sha256;

/** Fetches from a hostile target, which can answer with anything. */
@Tag("fast")
class CopyFetchTest {
    private static final String PATH = "app/app-20260131T030000Z.dump.zst";
    private static final byte[] CONTENT = "a dump".getBytes(StandardCharsets.UTF_8);

    @TempDir
    private Path folder;

    private final Hostile target = new Hostile();
    private Store catalogue;
    private Store store;
    private CopyFetch fetch;

    @BeforeEach
    void start() {
        catalogue = new Store(folder.resolve("catalogue"), Json.mapper());
        store = new Store(folder.resolve("store"), Json.mapper());
        fetch = new CopyFetch("nas", target, catalogue);
    }

    /** A target whose files and names are free. */
    private static final class Hostile implements CopyPlace {
        private final Map<String, byte[]> files = new TreeMap<>();
        private final List<String> names = new ArrayList<>();
        private Optional<String> plainSha256 = Optional.empty();
        private Optional<InputStream> endless = Optional.empty();
        private int gets;

        @Override
        public void begin(int copies) {}

        @Override
        public Stored put(Outgoing file) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void commit() {}

        @Override
        public Incoming get(String path) throws IOException {
            gets++;
            byte[] bytes = files.get(path);
            if (bytes == null) {
                throw new NoSuchFileException(path);
            }
            return new Incoming(
                    endless.orElseGet(() -> new ByteArrayInputStream(bytes)),
                    path.endsWith(".json") ? Optional.empty() : plainSha256);
        }

        @Override
        public boolean has(String path) {
            return files.containsKey(path);
        }

        @Override
        public void remove(String path) {
            throw new UnsupportedOperationException();
        }

        @Override
        public List<String> list() {
            List<String> all = new ArrayList<>(names);
            all.addAll(files.keySet());
            return all;
        }

        @Override
        public Optional<Integer> manifests(Path into) {
            return Optional.empty();
        }

        @Override
        public Optional<String> check() {
            return Optional.empty();
        }
    }

    private static String sha256(byte[] bytes) {
        return HexFormat.of().formatHex(Sha256.digest().digest(bytes));
    }

    private static byte[] manifest(String service, String id, String file, byte[] content, long sourceBytes) {
        return """
                {"backup_id": "%s", "event_id": "00000000-0000-0000-0000-000000000001", "service": "%s", "database": "app",
                 "owner": "app", "image": "", "kind": "dump", "file": "%s", "sha256": "%s", "size_bytes": %d,
                 "source_bytes": %d, "started_at": "2026-01-31T03:00:00Z", "finished_at": "2026-01-31T03:00:01Z",
                 "server_version": "15.4", "client_version": "15.4", "sealed_to": [], "extensions": {}, "rows": {}}
                """.formatted(id, service, file, sha256(content), content.length, sourceBytes)
                .getBytes(StandardCharsets.UTF_8);
    }

    private void put(String path, byte[] manifest, byte[] content) {
        target.files.put(path + ".manifest.json", manifest);
        target.files.put(path, content);
    }

    private void putApp(byte[] content) {
        put(PATH, manifest("app", "app-20260131T030000Z", "app-20260131T030000Z.dump.zst", CONTENT, 6), content);
    }

    private StoredBackup listed() throws Exception {
        assertThat(fetch.manifests()).isEmpty();
        List<StoredBackup> backups = Inventory.of(catalogue).backups();
        assertThat(backups).hasSize(1);
        return backups.get(0);
    }

    private List<String> files(Path root) throws IOException {
        return Files.isDirectory(root) ? CopyHost.filesIn(root) : List.of();
    }

    @Test
    void theFileComesWithItsManifestByteByByte() throws Exception {
        putApp(CONTENT);
        StoredBackup fetched = fetch.file(listed(), store, AgeKeys.NONE);
        assertThat(fetched.path()).isEqualTo(PATH);
        assertThat(store.root().resolve(PATH)).hasBinaryContent(CONTENT);
        assertThat(store.root().resolve(PATH + ".manifest.json"))
                .hasBinaryContent(target.files.get(PATH + ".manifest.json"));

        int before = target.gets;
        fetch.file(listed(), store, AgeKeys.NONE);
        assertThat(target.gets).as("the manifest only").isEqualTo(before + 1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"a dumP", "a dum", "a dump and more", ""})
    void anotherContentIsRefused(String content) throws Exception {
        putApp(content.getBytes(StandardCharsets.UTF_8));
        StoredBackup listed = listed();
        assertThatThrownBy(() -> fetch.file(listed, store, AgeKeys.NONE))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith("cannot fetch " + PATH + " from nas: it");
        assertThat(files(store.root())).isEmpty();
    }

    @Test
    void anEndlessContentEndsAtTheSizeOfTheManifest() throws Exception {
        putApp(CONTENT);
        StoredBackup listed = listed();
        long[] read = {0};
        target.endless = Optional.of(new InputStream() {
            @Override
            public int read() {
                read[0]++;
                return 'x';
            }

            @Override
            public int read(byte[] bytes, int offset, int length) {
                Arrays.fill(bytes, offset, offset + length, (byte) 'x');
                read[0] += length;
                return length;
            }
        });
        assertThatThrownBy(() -> fetch.file(listed, store, AgeKeys.NONE))
                .hasMessageContaining("it has more than the 6 bytes of its manifest");
        assertThat(read[0]).isLessThan(1 << 20);
        assertThat(files(store.root())).isEmpty();
    }

    @Test
    void plainContentIsCompressedAndGetsItsOwnManifest() throws Exception {
        putApp(CONTENT);
        target.plainSha256 = Optional.of(sha256(CONTENT));
        StoredBackup listed = listed();
        StoredBackup fetched = fetch.file(listed, store, AgeKeys.NONE);
        Path file = store.root().resolve(PATH);
        try (InputStream plain = new ZstdInputStream(Files.newInputStream(file))) {
            assertThat(plain.readAllBytes()).isEqualTo(CONTENT);
        }
        assertThat(fetched.sha256()).isEqualTo(sha256(Files.readAllBytes(file)));
        assertThat(fetched.manifest().file().sizeBytes()).isEqualTo(Files.size(file));
        assertThat(fetched.manifest().identity()).isEqualTo(listed.manifest().identity());

        target.plainSha256 = Optional.of(sha256("other".getBytes(StandardCharsets.UTF_8)));
        Store empty = new Store(folder.resolve("empty"), Json.mapper());
        assertThatThrownBy(() -> fetch.file(listed, empty, AgeKeys.NONE)).hasMessageContaining("its SHA-256 is");
        assertThat(files(empty.root())).isEmpty();
    }

    @Test
    void plainContentIsEncryptedForTheRecipientsOfThisHost() throws Exception {
        putApp(CONTENT);
        target.plainSha256 = Optional.of(sha256(CONTENT));
        AgeKeys keys =
                AgeKeys.of(List.of("age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"), Optional.empty());
        StoredBackup fetched = fetch.file(listed(), store, keys);
        assertThat(fetched.path()).isEqualTo(PATH + ".age");
        assertThat(fetched.manifest().file().recipients()).isEqualTo(keys.recipients());
        assertThat(Files.readString(store.root().resolve(fetched.path()), StandardCharsets.ISO_8859_1))
                .startsWith("age-encryption.org/v1\n");
        assertThat(fetch.isThere(listed(), store)).isTrue();
    }

    @Test
    void namesThatLeadElsewhereAreNotUsed() throws Exception {
        byte[] evil = manifest("app", "x", "x", CONTENT, 6);
        for (String name : List.of(
                "../x.manifest.json",
                "/etc/x.manifest.json",
                "a/../../x.manifest.json",
                "a/b/x.manifest.json",
                "./x.manifest.json",
                "a/.x.manifest.json",
                "a//x.manifest.json",
                "a/x\n.manifest.json",
                "-a/\u0000.manifest.json")) {
            target.files.put(name, evil);
        }
        assertThat(fetch.manifests()).isEmpty();
        assertThat(target.gets).isZero();
        assertThat(files(folder)).isEmpty();
    }

    @Test
    void aManifestOfAnotherFileIsRefused() throws Exception {
        put(PATH, manifest("../../etc", "app-20260131T030000Z", "passwd", CONTENT, 6), CONTENT);
        StoredBackup listed = listed();
        assertThatThrownBy(() -> fetch.file(listed, store, AgeKeys.NONE))
                .hasMessageContaining("the manifest of " + PATH + " is that of %2E.%2F..%2Fetc/");
        assertThat(files(store.root())).isEmpty();
    }

    @Test
    void aHugeManifestIsNotKept() throws Exception {
        target.files.put(PATH + ".manifest.json", new byte[Store.LARGEST_DOCUMENT + 1]);
        assertThat(fetch.manifests())
                .singleElement()
                .asString()
                .contains("it has more than the limit of 4194304 bytes");
        assertThat(files(catalogue.root())).isEmpty();
    }

    @Test
    void tooManyManifestsOfOneServiceDisplaceNoOther() throws Exception {
        putApp(CONTENT);
        byte[] junk = "{}".getBytes(StandardCharsets.UTF_8);
        IntStream.range(0, 6_000).forEach(n -> target.files.put("junk/j" + n + ".manifest.json", junk));
        IntStream.range(0, 100_000).forEach(n -> target.names.add("junk/other" + n));
        assertThat(fetch.manifests())
                .containsExactly(
                        "1,000 manifests at nas not fetched, since there are too many; the limits are 5000 of a"
                                + " service and 100000 in all");
        assertThat(Inventory.of(catalogue).backups()).singleElement().isNotNull();
    }

    @Test
    void aTargetThatDoesNotAnswerFailsAtOnce() {
        IntStream.range(0, 50).forEach(n -> target.names.add("app/a" + n + ".manifest.json"));
        assertThatThrownBy(() -> fetch.manifests()).hasMessageStartingWith("cannot read the backups at nas: ");
        assertThat(target.gets).isEqualTo(3);
    }
}
