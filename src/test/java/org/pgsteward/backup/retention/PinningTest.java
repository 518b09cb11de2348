package org.pgsteward.backup.retention;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pgsteward.backup.store.Inventory;
import org.pgsteward.backup.store.Removal;
import org.pgsteward.backup.store.Store;
import org.pgsteward.backup.store.StoreView;
import org.pgsteward.backup.store.Stored;
import org.pgsteward.backup.underway.RunLock;
import org.pgsteward.io.Json;
import org.pgsteward.journal.BackupRows;
import org.pgsteward.model.Refusal;
import org.postgresql.ds.PGSimpleDataSource;

/** Pins without PostgreSQL, and against a removal at the same time. */
@Tag("fast")
class PinningTest {
    private static final Instant NIGHT = Instant.parse("2026-03-01T03:00:00Z");
    private static final String ID = "app-20260301T030000Z";

    @TempDir
    private Path root;

    @TempDir
    private Path locks;

    private Store store;
    private Removal removal;
    private Pinning pinning;

    @BeforeEach
    void open() {
        store = new Store(root, Json.mapper());
        removal = new Removal(store);
        PGSimpleDataSource nowhere = new PGSimpleDataSource();
        nowhere.setPortNumbers(new int[] {1});
        pinning = new Pinning(store, new BackupRows(nowhere), locks, Clock.systemUTC());
    }

    @Test
    void pinIsAFileBesideTheBackupAndSurvivesTheJournal() throws Exception {
        String path = Stored.onDisk(store, "app", NIGHT);
        pinning.pin(ID + ".dump.zst", "end of\nthe year", Inventory.of(store));
        assertThat(root.resolve(path + ".pinned")).isNotEmptyFile();
        assertThat(new StoreView(store).of("app", Map.of()).get(0).pinned().orElseThrow())
                .startsWith("by an operator at 20")
                .endsWith("Z: end of the year");

        Pinning.Unpinned done = pinning.unpin(path, Inventory.of(store));
        assertThat(done.ofOperator()).isTrue();
        assertThat(done.unread()).as("the journal").isPresent();
        assertThat(root.resolve(path + ".pinned")).doesNotExist();
    }

    @Test
    void unreadablePinStillProtects() throws Exception {
        String path = Stored.onDisk(store, "app", NIGHT);
        Files.writeString(root.resolve(path + ".pinned"), "{");
        assertThat(new StoreView(store).of("app", Map.of()).get(0).pinned()).contains("by an operator");
    }

    /** A removal of a killed process has renamed the manifest. */
    @Test
    void pinEndsTheRemovalOfADeadProcess() throws Exception {
        String path = Stored.onDisk(store, "app", NIGHT);
        Inventory before = Inventory.of(store);
        removal.mark(path);
        pinning.pin(ID, "", before);
        assertThat(Inventory.of(store).named(ID)).isPresent();
        assertThat(removal.unfinished("app")).isEmpty();
    }

    @Test
    void pinThatCameTooLateIsRefusedAndLeavesNoFile() throws Exception {
        String path = Stored.onDisk(store, "app", NIGHT);
        Inventory before = Inventory.of(store);
        removal.mark(path);
        removal.deleteFile(path);
        assertThatThrownBy(() -> pinning.pin(ID, "", before))
                .isInstanceOf(Refusal.class)
                .hasMessageStartingWith("retention has removed backup");
        removal.forget(path);
        assertThat(files()).isEmpty();
    }

    @Test
    void pinAndRemovalAtTheSameTimeAgree() throws Exception {
        int kept = 0;
        for (int round = 0; round < 300; round++) {
            Instant at = NIGHT.plusSeconds(round);
            String path = Stored.onDisk(store, "app", at);
            Inventory listed = Inventory.of(store);
            CyclicBarrier start = new CyclicBarrier(2);
            CompletableFuture<Boolean> removed = CompletableFuture.supplyAsync(() -> removes(path, start));
            start.await();
            boolean pinned = true;
            try {
                pinning.pin(Store.backupId("app", at), "", listed);
            } catch (Refusal gone) {
                pinned = false;
            }
            assertThat(removed.join()).as("round %s", round).isEqualTo(!pinned);
            if (pinned) {
                kept++;
                assertThat(files()).hasSize(3);
                store.pins().remove(path);
                removal.mark(path);
                removal.deleteFile(path);
                removal.forget(path);
            }
            assertThat(files()).as("round %s", round).isEmpty();
        }
        assertThat(kept).as("pins that won").isPositive();
    }

    /** Removes as {@link Pruner} does. Returns whether the backup is gone. */
    private boolean removes(String path, CyclicBarrier start) {
        try (RunLock lock = RunLock.take(locks, "app").orElseThrow()) {
            assertThat(lock).isNotNull();
            start.await();
            removal.mark(path);
            if (removal.restoreIfPinned(path, 8)) {
                return false;
            }
            removal.deleteFile(path);
            removal.forget(path);
            return true;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void eachUnknownNameHasItsOwnLine() throws Exception {
        String path = Stored.onDisk(store, "app", NIGHT);
        refused("app-20260301T030001Z", "there is no backup 'app-20260301T030001Z' in " + root + "; did you mean");
        refused("", "there is no backup ''");

        Files.writeString(root.resolve("app/app-20260302T030000Z.dump.zst.part"), "half");
        refused("app-20260302T030000Z", "backup 'app-20260302T030000Z' is incomplete: there is only app-2026");

        Files.writeString(root.resolve("app/app-20260303T030000Z.dump.zst.manifest.json"), "{");
        refused("app-20260303T030000Z.dump.zst", "backup 'app-20260303T030000Z.dump.zst' is damaged: app/app-2026");

        Files.writeString(root.resolve(path), "less");
        refused(ID, "cannot pin backup " + ID + ", because it is damaged: its file has 4 bytes instead of 8;");

        Files.createDirectories(root.resolve("copy"));
        Files.copy(root.resolve(path + ".manifest.json"), root.resolve("copy/" + ID + ".dump.zst.manifest.json"));
        refused(ID, "2 backups are called '" + ID + "': ");
    }

    private void refused(String name, String line) {
        assertThatThrownBy(() -> pinning.pin(name, "", Inventory.of(store)))
                .isInstanceOf(Refusal.class)
                .hasMessageStartingWith(line);
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(root.resolve("app"))) {
            return files.toList();
        }
    }
}
