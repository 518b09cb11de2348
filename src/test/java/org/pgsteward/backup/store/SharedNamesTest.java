package org.pgsteward.backup.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pgsteward.io.Json;

@Tag("fast")
class SharedNamesTest {
    private static final Instant NIGHT = Instant.parse("2026-03-01T03:00:00Z");

    @TempDir
    private Path root;

    private Store store;
    private String first;
    private UnfinishedBackup second;

    @BeforeEach
    void aStoredAndAWrittenBackup() throws IOException {
        store = new Store(root.resolve("store"), Json.mapper());
        first = Stored.onDisk(store, "app", NIGHT);
        second = new UnfinishedBackup(store, first.replace("20260301T03", "20260302T03"));
        Files.writeString(second.partFile(), "another content");
    }

    @Test
    void aSharedFileHasTheNameOfTheNewBackup() throws IOException {
        assertThat(second.share(store.stored(first))).isTrue();

        assertThat(second.partFile()).hasContent("the dump");
        assertThat(Files.isSameFile(second.partFile(), store.resolve(first))).isTrue();
        assertThat(second.size()).isEqualTo(8);
    }

    @Test
    void aWrittenFileStaysIfTheOtherIsGone() throws IOException {
        StoredBackup stored = store.stored(first);
        Files.delete(store.resolve(first));

        assertThat(second.share(stored)).isFalse();

        assertThat(second.partFile()).hasContent("another content");
        assertThat(store.resolve("app").toFile().list()).hasSize(2);
    }

    @Test
    void aFileWithOneNameIsNotShared() throws IOException {
        assertThat(new SharedNames(store).of(first)).isEmpty();
        assertThat(new SharedNames(store).of("app/none.dump.zst")).isEmpty();

        second.share(store.stored(first));

        assertThat(new SharedNames(store).of(first))
                .isPresent()
                .isEqualTo(new SharedNames(store).of(second.partPath()));
    }

    /** A process can be killed between any two steps. The file with the other name must stay as it is. */
    @Test
    void startUpRemovesTheNamesOfAKilledProcess() throws IOException {
        Path locks = Files.createDirectories(root.resolve("locks"));
        Files.createLink(store.resolve(Store.partOf(second.partPath())), store.resolve(first));

        assertThat(store.discardUnfinished(locks)).containsExactly("app");
        assertThat(store.resolve("app").toFile().list()).hasSize(2);

        Files.createLink(second.partFile(), store.resolve(first));
        assertThat(store.discardUnfinished(locks)).containsExactly("app");

        assertThat(store.resolve(first)).hasContent("the dump");
        assertThat(store.resolve("app").toFile().list()).hasSize(2);
    }
}
