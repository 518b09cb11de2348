package org.pgsteward.backup.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pgsteward.alert.SettableClock;
import org.pgsteward.io.Json;
import org.pgsteward.journal.BackupRows;
import org.pgsteward.model.Secret;
import org.pgsteward.postgres.Server;
import org.pgsteward.postgres.ServerAddress;

/** When the recovery card is written. No PostgreSQL answers here, so the card is written from the sets in the store. */
@Tag("fast")
class CardKeeperTest {
    private static final ServerAddress NOWHERE =
            new ServerAddress("127.0.0.1", 1, "homelab", new Secret("secret"), "homelab");

    @TempDir
    private Path folder;

    private final SettableClock clock = new SettableClock();
    private Path file;
    private CardKeeper card;

    @BeforeEach
    void prepare() throws Exception {
        Path root = Files.createDirectories(folder.resolve("backups"));
        file = root.resolve(RecoveryCard.NAME);
        Store store = new Store(root, Json.mapper());
        card = new CardKeeper(
                new RecoveryCard(store, NOWHERE, clock),
                new BackupRows(new Server(NOWHERE).managementDatabase()),
                new BackupSets(store, folder.resolve("locks"), clock),
                clock);
    }

    @Test
    void aSingleBackupWritesTheCardAtOnce() throws IOException {
        card.write();
        assertThat(isWritten()).isTrue();
        card.write();
        assertThat(isWritten()).isTrue();
    }

    @Test
    void aBatchWritesTheCardAtMostEveryTenSeconds() throws IOException {
        try (CardKeeper.Batch batch = card.batch()) {
            assertThat(batch).isNotNull();
            card.write();
            assertThat(isWritten()).isTrue();
            clock.pass(Duration.ofSeconds(9));
            card.write();
            assertThat(isWritten()).isFalse();
            clock.pass(Duration.ofSeconds(1));
            card.writeIfStale();
            assertThat(isWritten()).isTrue();
            clock.pass(Duration.ofSeconds(11));
            card.writeIfStale();
            assertThat(isWritten()).as("without a change").isFalse();
        }
        assertThat(isWritten()).as("without a change").isFalse();
    }

    @Test
    void theEndOfABatchWritesTheLastChanges() throws IOException {
        try (CardKeeper.Batch batch = card.batch()) {
            assertThat(batch).isNotNull();
            card.write();
            card.write();
            assertThat(isWritten()).isTrue();
            card.write();
            assertThat(isWritten()).isFalse();
        }
        assertThat(isWritten()).isTrue();
    }

    @Test
    void aClockThatIsSetBackDelaysNoCard() throws IOException {
        try (CardKeeper.Batch batch = card.batch()) {
            assertThat(batch).isNotNull();
            card.write();
            assertThat(isWritten()).isTrue();
            clock.pass(Duration.ofDays(-1));
            card.write();
            assertThat(isWritten()).isTrue();
        }
    }

    /** Returns whether the card was written since the last call. */
    private boolean isWritten() throws IOException {
        return Files.deleteIfExists(file);
    }
}
