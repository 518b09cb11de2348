package org.pgsteward.backup.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgsteward.io.Json;

/** Manifests that another program wrote beside that of a good backup. */
@Tag("fast")
class ManifestFieldsTest {
    private static final String GOOD = "wiki/wiki-20260301T030000Z.dump.zst";
    private static final String BAD = "wiki/wiki-20260302T030000Z.dump.zst";

    @TempDir
    private Path root = Path.of("/nowhere");

    private final ObjectMapper json = Json.mapper();
    private Store store = new Store(root, json);

    @BeforeEach
    void aGoodBackup() throws IOException {
        store = new Store(root, json);
        Files.createDirectories(root.resolve("wiki"));
        Files.writeString(store.resolve(GOOD + ".manifest.json"), good().toString());
    }

    @Test
    void readsAValidManifest() throws IOException {
        assertThat(store.manifests().read(GOOD).source().service()).isEqualTo("wiki");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "backup_id",
                "event_id",
                "service",
                "database",
                "owner",
                "kind",
                "file",
                "sha256",
                "started_at",
                "finished_at",
                "server_version",
                "client_version",
                "extensions",
                "rows"
            })
    void refusesAManifestWithoutARequiredField(String field) throws IOException {
        ObjectNode without = good();
        without.remove(field);
        isPassedOver(without, field);
        isPassedOver(good().putNull(field), field);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "backup_id      | \"../wiki\"",
                "backup_id      | \"wiki\\u001b[31m\"",
                "event_id       | \"1\"",
                "set_id         | \"../../etc\"",
                "service        | \"\"",
                "service        | \"a\\u0000b\"",
                "image          | \"a\\nb\"",
                "kind           | \"DUMP\"",
                "kind           | \"other\"",
                "file           | \"..\"",
                "file           | \"../app/app-1.dump.zst\"",
                "file           | \"a\\nb\"",
                "sha256         | \"x\"",
                "size_bytes     | -1",
                "source_bytes   | -9223372036854775808",
                "started_at     | \"+999999999-12-31T23:59:59Z\"",
                "started_at     | \"1999-12-31T23:59:59Z\"",
                "finished_at    | \"-999999999-01-01T00:00:00Z\"",
                "finished_at    | \"2100-01-01T00:00:00Z\"",
                "server_version | \"15\\n16\"",
                "client_version | \"99999999999\"",
                "client_version | \"15; rm -rf .\"",
                "sealed_to      | [\"a\\nb\"]",
                "extensions     | {\"hstore\": null}",
                "rows           | {\"public.t\": -1}",
                "rows           | {\"public.t\": null}",
                "encoding       | {\"encoding\": null}",
                "roles          | {\"encoding\": \"UTF8\", \"provider\": \"c\", \"collate\": \"C\", \"ctype\": \"C\", \"locale\": \"\"}"
            })
    void aValueThatPgstewardNeverWritesIsNamed(String field, String value) throws IOException {
        JsonNode written = json.readTree(value);
        boolean isOfTheDatabase = field.equals("encoding") || field.equals("roles");
        isPassedOver(good().set(isOfTheDatabase ? "surroundings" : field, written), field);
    }

    /** The possible losses of a restore are kept with each manifest, so they count for the limit of one manifest. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "filled_views",
                "privileges",
                "session_checks",
                "system_objects",
                "session_views",
                "extension_tables",
                "extension_objects"
            })
    void aManifestWithMoreLossesThanFitIntoMemoryIsNotRead(String field) throws IOException {
        ObjectNode manifest = good();
        ObjectNode database = manifest.putObject("surroundings");
        for (String name : new String[] {"encoding", "provider", "collate", "ctype", "locale"}) {
            database.put(name, "C");
        }
        database.putArray("roles");
        database.putObject("schemas");
        ArrayNode losses = database.putObject("losses").putArray(field);
        for (int i = 0; i < 11; i++) {
            if (field.equals("extension_tables")) {
                losses.addObject()
                        .put("name", "x".repeat(95_000))
                        .put("extension", "e")
                        .put("rows", 1);
            } else if (field.equals("extension_objects")) {
                losses.addObject().put("name", "x".repeat(95_000)).put("extension", "e");
            } else {
                losses.add("x".repeat(95_000));
            }
        }
        Files.writeString(store.resolve(BAD + ".manifest.json"), manifest.toString());

        assertThatThrownBy(() -> store.manifests().readSigned(BAD))
                .hasMessageStartingWith("it is larger than the manifest of any backup");
        losses.removeAll();
        Files.writeString(store.resolve(BAD + ".manifest.json"), manifest.toString());
        assertThat(store.manifests()
                        .readSigned(BAD)
                        .manifest()
                        .contents()
                        .surroundings()
                        .losses())
                .isEqualTo(Losses.NONE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"null", "{}", "[]", "1", ""})
    void refusesATextThatIsNoManifest(String text) throws IOException {
        Files.writeString(store.resolve(BAD + ".manifest.json"), text);

        assertThatThrownBy(() -> store.manifests().readSigned(BAD))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("is not in pgsteward's format");
    }

    @ParameterizedTest
    @ValueSource(strings = {"1e30", "-1e30", "99999999999999999999999", "1e999999", "{}", "[]", "true"})
    void refusesAnInvalidTime(String time) throws IOException {
        Files.writeString(
                store.resolve(BAD + ".manifest.json"), good().toString().replace("\"2026-03-01T03:00:00Z\"", time));

        assertThatThrownBy(() -> store.manifests().readSigned(BAD))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("is not in pgsteward's format");
    }

    @Test
    void namesOfPostgresMayHaveAnythingElseInThem() throws IOException {
        Files.writeString(
                store.resolve(GOOD + ".manifest.json"),
                good().put("database", "a\nb \u001b \"x\" 漢")
                        .put("service", "../..")
                        .toString());

        assertThat(store.manifests().read(GOOD).source().database()).startsWith("a\nb");
    }

    @Test
    void theFirstVersionsManifestIsRead() throws IOException {
        assertThat(good().has("image")).isFalse();
        Manifest read = store.manifests().read(GOOD);
        assertThat(read.source().image()).isEmpty();
        assertThat(read.contents().surroundings()).isEqualTo(DatabaseEnvironment.UNKNOWN);
    }

    /** The clock of the host is wrong. pgsteward would refuse to read a manifest with that time. */
    @Test
    void writesNoManifestThatCouldNotBeReadAgain() throws IOException {
        ObjectNode node = good().put("started_at", "1970-01-01T00:00:10Z");
        Manifest early = json.copy()
                .setPropertyNamingStrategy(com.fasterxml.jackson.databind.PropertyNamingStrategies.SNAKE_CASE)
                .treeToValue(node, Manifest.class);
        Files.writeString(store.resolve(BAD + ".part"), "x");

        assertThatThrownBy(() -> new UnfinishedBackup(store, BAD).publish(early))
                .isInstanceOf(IOException.class)
                .hasMessage("cannot write the manifest of wiki-20260301T030000Z: it is not in pgsteward's format:"
                        + " started_at is 1970-01-01T00:00:10Z");
    }

    private void isPassedOver(JsonNode manifest, String field) throws IOException {
        Files.writeString(store.resolve(BAD + ".manifest.json"), manifest.toString());

        assertThatThrownBy(() -> store.manifests().readSigned(BAD))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(" " + field + " is ");
        Inventory inventory = Inventory.of(store);
        assertThat(inventory.backups()).hasSize(1);
        assertThat(inventory.unreadable())
                .containsOnlyKeys(BAD + ".manifest.json")
                .allSatisfy((path, reason) -> assertThat(reason).doesNotContain("\n", "\u001b"));
        assertThat(new StoreView(store).of("wiki", Map.of())).hasSize(1);
        assertThat(new KnownFolders(store).newest(Map.of()).backups()).hasSize(1);
    }

    private ObjectNode good() throws IOException {
        return (ObjectNode) json.readTree("""
                {"backup_id": "wiki-20260301T030000Z", "event_id": "6f9619ff-8b86-4d01-b42d-00c04fc964ff",
                 "service": "wiki", "database": "wiki", "owner": "wiki", "kind": "dump",
                 "file": "wiki-20260301T030000Z.dump.zst", "sha256": "00", "size_bytes": 8, "source_bytes": 80,
                 "started_at": "2026-03-01T03:00:00Z", "finished_at": "2026-03-01T03:00:05Z",
                 "server_version": "15.8", "client_version": "15", "extensions": {}, "rows": {"public.t": 1}}
                """);
    }
}
