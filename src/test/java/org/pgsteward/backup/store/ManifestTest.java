package org.pgsteward.backup.store;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pgsteward.io.Json;

@Tag("fast")
class ManifestTest {
    private static final String PATH = "vikunja/vikunja-20260301T030000Z.dump.zst";

    @TempDir
    private Path root;

    @Test
    void keepsTheNamesThatOtherProgramsRead() throws IOException {
        JsonNode json = Json.mapper().readTree(published().toFile());

        assertThat(json.fieldNames())
                .toIterable()
                .containsExactly(
                        "backup_id",
                        "event_id",
                        "set_id",
                        "service",
                        "database",
                        "owner",
                        "image",
                        "kind",
                        "file",
                        "sha256",
                        "size_bytes",
                        "source_bytes",
                        "started_at",
                        "finished_at",
                        "server_version",
                        "client_version",
                        "sealed_to",
                        "proof",
                        "extensions",
                        "rows",
                        "surroundings",
                        "caveats",
                        "content_sha256");
        assertThat(json.path("started_at").asText()).isEqualTo("2026-03-01T03:00:00Z");
        assertThat(json.path("size_bytes").asLong()).isEqualTo(5_000_000_000L);
        assertThat(json.path("rows").path("public.\"Mixed \"\"Case\"\"\"").asLong())
                .isEqualTo(7);
    }

    @Test
    void readsBackTheSameManifest() throws IOException {
        published();
        assertThat(new Store(root, Json.mapper()).manifests().read(PATH)).isEqualTo(manifest());
    }

    /** Other programs read the file, and its signature covers each byte. */
    @Test
    void aManifestOfTodayIsWrittenAgainByteForByte() throws IOException {
        StoreJson json = new StoreJson(Json.mapper());
        Path file = Path.of("today.manifest.json");
        byte[] today;
        try (InputStream resource = ManifestTest.class.getResourceAsStream(file.toString())) {
            today = resource.readAllBytes();
        }

        Manifest read = json.read(file, today, Manifest.class);

        assertThat(json.bytes(read))
                .asString(StandardCharsets.UTF_8)
                .isEqualTo(new String(today, StandardCharsets.UTF_8));
        assertThat(read.contents().rows()).containsEntry("public.tasks", 0L).hasSize(3);
        assertThat(json.readWithoutRows(file, today)).isEqualTo(read.withoutRows());
    }

    @Test
    void ignoresFieldsOfALaterVersion() throws IOException {
        Path file = published();
        Files.writeString(file, Files.readString(file).replaceFirst("\\{", "{\"added_later\": {\"by\": 1},"));
        assertThat(new Store(root, Json.mapper()).manifests().read(PATH)).isEqualTo(manifest());
    }

    @Test
    void aManifestWithoutASetBelongsToNone() throws IOException {
        Path file = published();
        Files.writeString(file, Files.readString(file).replaceFirst("\"set_id\" : \"[^\"]*\",", ""));
        assertThat(new Store(root, Json.mapper())
                        .manifests()
                        .read(PATH)
                        .identity()
                        .setId())
                .isEmpty();
    }

    @Test
    void aManifestWithoutSurroundingsGetsUnknownOnes() throws IOException {
        Path file = published();
        Files.writeString(file, Files.readString(file).replaceFirst("(?s),\\s*\"surroundings\" : .*", "}"));
        assertThat(new Store(root, Json.mapper())
                        .manifests()
                        .read(PATH)
                        .contents()
                        .surroundings())
                .isEqualTo(DatabaseEnvironment.UNKNOWN);
    }

    /**
     * A dump can be thousands of times as large as its database. The limits of a verification follow from this size.
     */
    @Test
    void aRestoreTakesNoMoreThanTheDatabaseOrTheDump() throws IOException {
        Path file = published();
        Store store = new Store(root, Json.mapper());
        long dump = manifest().file().sourceBytes();
        String written = Files.readString(file);

        Files.writeString(file, written.replaceFirst("\"database_bytes\" : 0", "\"database_bytes\" : " + (dump - 1)));
        assertThat(store.manifests().read(PATH).restoredBytes()).isEqualTo(dump - 1);
        Files.writeString(file, written.replaceFirst("\"database_bytes\" : 0", "\"database_bytes\" : " + (dump + 1)));
        assertThat(store.manifests().read(PATH).restoredBytes()).isEqualTo(dump);
        Files.writeString(file, written.replaceFirst(",\\s*\"database_bytes\" : 0", ""));
        assertThat(store.manifests().read(PATH).restoredBytes())
                .as("manifest of an older version, without database_bytes")
                .isEqualTo(dump);
    }

    @Test
    void aManifestWithoutRecipientsIsNotEncrypted() throws IOException {
        Path file = published();
        Files.writeString(
                file,
                Files.readString(file)
                        .replaceFirst("\"sealed_to\" : \\[[^\\]]*\\],", "")
                        .replaceFirst("\"proof\" : \"[^\"]*\",", ""));
        Manifest read = new Store(root, Json.mapper()).manifests().read(PATH);
        assertThat(read.file().isEncrypted()).isFalse();
        assertThat(read.file().verification()).isEmpty();
    }

    private Path published() throws IOException {
        Store store = new Store(root, Json.mapper());
        Files.createDirectories(root.resolve("vikunja"));
        Files.writeString(store.resolve(Store.partOf(PATH)), "dump");
        new UnfinishedBackup(store, PATH).publish(manifest());
        return store.resolve(PATH + ".manifest.json");
    }

    private static Manifest manifest() {
        return new Manifest(
                new Manifest.Identity(
                        "vikunja-20260301T030000Z", "6f9619ff-8b86-4d01-b42d-00c04fc964ff", "20260301T030000Z"),
                new Manifest.Source("vikunja", "Vikunja \"1\"", "vikunja", "vikunja/vikunja:0.24", "dump"),
                new Manifest.Run(
                        Instant.parse("2026-03-01T03:00:00Z"),
                        Instant.parse("2026-03-01T03:04:05.678Z"),
                        "15.20",
                        "15"),
                new Manifest.File(
                        "vikunja-20260301T030000Z.dump.zst",
                        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                        5_000_000_000L,
                        20_000_000_000L,
                        List.of("age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"),
                        Manifest.STREAM,
                        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
                new Manifest.Contents(
                        Map.of("citext", "1.6"),
                        Map.of("public.\"Mixed \"\"Case\"\"\"", 7L, "public.tasks", 0L),
                        DatabaseEnvironment.UNKNOWN),
                List.of());
    }
}
