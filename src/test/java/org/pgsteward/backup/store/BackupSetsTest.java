package org.pgsteward.backup.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgsteward.backup.schedule.BackupTarget;
import org.pgsteward.io.Json;
import org.pgsteward.model.BackupKind;

/** Documents of sets that another program wrote into the store. */
@Tag("fast")
class BackupSetsTest {
    private static final Instant NOW = Instant.parse("2026-03-02T03:00:00Z");
    private static final String FORGED = "20260302T025959Z";
    private static final BackupTarget WIKI = new BackupTarget("wiki", "wiki", "wiki", BackupKind.DUMP, "");

    @TempDir
    private Path root = Path.of("/nowhere");

    @TempDir
    private Path locks = Path.of("/nowhere");

    private BackupSets sets = new BackupSets(new Store(root, Json.mapper()), locks, Clock.systemUTC());

    @BeforeEach
    void open() throws IOException {
        sets = new BackupSets(new Store(root, Json.mapper()), locks, Clock.fixed(NOW, ZoneOffset.UTC));
        Files.createDirectories(root.resolve("_sets"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "null",
                "[]",
                "{\"id\": \"ID\"}",
                "{\"id\": \"../outside\", \"asked\": \"schedule\", \"started_at\": \"2020-01-01T00:00:00Z\","
                        + " \"closed_at\": \"2020-01-01T00:00:00Z\", \"members\": [], \"missing\": []}",
                "{\"id\": \"ID\", \"asked\": \"schedule\", \"started_at\": \"+999999999-12-31T23:59:59Z\","
                        + " \"members\": [], \"missing\": []}",
                "{\"id\": \"ID\", \"asked\": \"schedule\", \"started_at\": \"2026-03-02T02:59:59Z\","
                        + " \"members\": [null], \"missing\": []}",
                "{\"id\": \"ID\", \"asked\": \"schedule\", \"started_at\": \"2026-03-02T02:59:59Z\","
                        + " \"members\": [], \"missing\": [{\"service\": \"wiki\"}]}",
                "{\"id\": \"ID\", \"asked\": \"schedule\", \"started_at\": \"2026-03-02T02:59:59Z\","
                        + " \"members\": [{\"service\": \"wiki\", \"database\": \"wiki\", \"kind\": \"dump\","
                        + " \"backup_id\": \"wiki-1\", \"state\": \"made\", \"path\": \"../../etc/passwd\","
                        + " \"started_at\": \"2026-03-02T02:59:59Z\"}], \"missing\": []}"
            })
    void aForgedDocumentHidesNoOtherAndWritesNowhereElse(String document) throws IOException {
        Path outside = Files.writeString(root.resolve("outside.json"), "of somebody else");
        Files.writeString(root.resolve("_sets/" + FORGED + ".json"), document.replace("ID", FORGED));
        BackupSet ours = sets.open("schedule", List.of(WIKI), List.of(), null);

        sets.close(ours.id(), List.of());
        sets.tidy();

        assertThat(sets.all()).extracting(BackupSet::id).containsExactly(ours.id());
        assertThat(sets.goOn("schedule", List.of(WIKI))).isPresent();
        assertThat(outside).hasContent("of somebody else");
        assertThat(locks).isDirectoryNotContaining("glob:**outside**");
        assertThatThrownBy(() -> sets.close(FORGED, List.of())).isInstanceOf(IOException.class);
    }

    /** A set that exceeds the limits is not kept, but its backups are made all the same. */
    @Test
    void readsNoMoreLargeDocumentsThanFitIntoMemory() throws IOException {
        for (int i = 0; i < 20; i++) {
            String id = "202603020" + (10000 + i) + "Z";
            id = id.substring(0, 8) + "T" + id.substring(8, 14) + "Z";
            String missing = "{\"service\": \"wiki\", \"database\": \"wiki\", \"kind\": \"dump\", \"reason\": \""
                    + "x".repeat(9_000) + "\"}";
            Files.writeString(root.resolve("_sets/" + id + ".json"), """
                    {"id": "%s", "asked": "schedule", "started_at": "2026-03-02T00:00:00Z", "members": [], "missing":
                     [%s]}
                    """.formatted(
                            id, String.join(",", Collections.nCopies(100, missing))));
        }

        assertThat(sets.all()).hasSize(7);
        sets.tidy();
    }
}
