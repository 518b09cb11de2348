package org.pgsteward.backup.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgsteward.backup.underway.ServiceFolder;
import org.pgsteward.io.Json;
import org.pgsteward.model.BackupRow;
import org.pgsteward.model.BackupState;

/** The backups in the store, and the steps of a removal. */
@Tag("fast")
class RemovalTest {
    private static final Instant NIGHT = Instant.parse("2026-03-01T03:00:00Z");

    @TempDir
    private Path root;

    @TempDir
    private Path locks;

    private Store store;
    private Removal removal;
    private StoreView holdings;

    @BeforeEach
    void open() {
        store = new Store(root, Json.mapper());
        removal = new Removal(store);
        holdings = new StoreView(store);
    }

    @Test
    void removesAllFilesOfABackupAndNoOthers() throws IOException {
        String path = stored("app", NIGHT);
        String later = stored("app", NIGHT.plusSeconds(86_400));
        String neighbour = stored("app-test", NIGHT);

        removal.mark(path);
        removal.deleteFile(path);
        removal.forget(path);

        assertThat(files("app")).hasSize(2).allMatch(name -> name.startsWith("app-20260302T030000Z"));
        assertThat(store.resolve(later)).exists();
        assertThat(store.resolve(neighbour)).exists();
        assertThat(files("app-test")).hasSize(2);
    }

    /** The parameter is the number of completed steps when the process died. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void anInterruptedRemovalHidesTheBackupAndCanBeResumed(int steps) throws IOException {
        String path = stored("app", NIGHT);
        removal.mark(path);
        if (steps == 2) {
            removal.deleteFile(path);
        }

        assertThat(Manifests.all(store)).isEmpty();
        assertThat(holdings.of("app", Map.of())).isEmpty();
        assertThat(removal.isUnderWay(path)).isTrue();
        // The start-up recovery of the next process does not know these files, and leaves them to the next
        // retention.
        assertThat(store.discardUnfinished(locks)).isEmpty();
        assertThat(removal.unfinished("app"))
                .singleElement()
                .satisfies(half -> assertThat(Store.path(half)).isEqualTo(path));

        removal.deleteFile(path);
        removal.forget(path);
        assertThat(files("app")).isEmpty();
        assertThat(removal.unfinished("app")).isEmpty();
        assertThat(removal.isUnderWay(path)).isFalse();
    }

    @Test
    void refusesToRemoveABackupWithoutAManifest() throws IOException {
        String path = stored("app", NIGHT);
        Files.delete(store.resolve(path + ".manifest.json"));

        assertThatThrownBy(() -> removal.mark(path)).isInstanceOf(IOException.class);

        assertThat(store.resolve(path)).exists();
    }

    @Test
    void combinesTheManifestWithTheJournalsRow() throws IOException {
        stored("app", NIGHT);
        stored("app", NIGHT.plusSeconds(60));
        Instant verified = NIGHT.plusSeconds(99);

        List<StoredBackupStatus> found = holdings.of(
                "app",
                Map.of(
                        eventId("app", NIGHT),
                        new BackupRow(
                                BackupState.VERIFIED,
                                Optional.of(verified),
                                Optional.of(verified),
                                "",
                                Optional.of("before an update"),
                                List.of("a view is empty"))));

        assertThat(found).hasSize(2);
        assertThat(found.get(0).standing()).isEqualTo(Standing.VERIFIED);
        assertThat(found.get(0).pinned()).contains("before an update");
        // Otherwise a re-verification without new caveats would delete the caveats in the journal.
        assertThat(found.get(0).backup().caveats()).containsExactly("a view is empty");
        assertThat(found.get(0).backup().verification().at()).contains(verified);
        assertThat(found.get(0).backup().identity().eventId()).isEqualTo(eventId("app", NIGHT));
        assertThat(found.get(1).standing()).as("no row in the journal").isEqualTo(Standing.UNVERIFIED);
    }

    @Test
    void theManifestDefinesTheServiceOfABackup() throws IOException {
        stored("app", NIGHT);
        stored("app-test", NIGHT);
        // An operator copied another service's backup into this folder, with its manifest.
        for (String name : files("app-test")) {
            Files.copy(
                    root.resolve("app-test").resolve(name), root.resolve("app").resolve(name));
        }

        assertThat(holdings.of("app", Map.of()))
                .singleElement()
                .satisfies(backup -> assertThat(backup.service()).isEqualTo("app"));
        assertThat(holdings.of("app-test", Map.of())).hasSize(1);
    }

    @Test
    void aManifestThatCannotBeReadHidesOnlyItsOwnBackup() throws IOException {
        stored("app", NIGHT);
        String torn = stored("app", NIGHT.plusSeconds(60));
        Files.writeString(store.resolve(torn + ".manifest.json"), "{\"backup_id\":");

        assertThat(holdings.of("app", Map.of())).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aMissingOrTruncatedFileIsDamagedDespiteTheJournal(boolean gone) throws IOException {
        String path = stored("app", NIGHT);
        if (gone) {
            Files.delete(store.resolve(path));
        } else {
            Files.writeString(store.resolve(path), "cut");
        }
        BackupRow verified =
                new BackupRow(BackupState.VERIFIED, Optional.of(NIGHT), Optional.of(NIGHT), "", Optional.empty());

        assertThat(holdings.of("app", Map.of(eventId("app", NIGHT), verified)))
                .singleElement()
                .satisfies(backup -> assertThat(backup.standing()).isEqualTo(Standing.DAMAGED));
    }

    private String stored(String service, Instant at) throws IOException {
        return Stored.onDisk(store, service, at);
    }

    private static UUID eventId(String service, Instant at) {
        return UUID.nameUUIDFromBytes((service + at).getBytes(java.nio.charset.StandardCharsets.UTF_8));
    }

    private List<String> files(String service) throws IOException {
        try (Stream<Path> files = Files.list(root.resolve(ServiceFolder.name(service)))) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }
}
