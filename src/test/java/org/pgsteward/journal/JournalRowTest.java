package org.pgsteward.journal;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pgsteward.model.Activity;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupKind;
import org.pgsteward.model.BackupState;
import org.pgsteward.model.ImageChange;

@Tag("fast")
class JournalRowTest {
    private static final Instant NIGHT = Instant.parse("2026-03-01T03:00:00Z");
    private static final Backup STARTED =
            Backup.starting("app-20260301T030000Z", "app", "app", BackupKind.DUMP, NIGHT, "15.20");
    private static final Backup MADE = STARTED.made("app/a.dump.zst", NIGHT, 10, 20, "ab", Duration.ofSeconds(1));

    @ParameterizedTest(name = "a run that is {0}: success is {1}")
    @CsvSource({"RUNNING,false", "FAILED,false", "MADE,true", "VERIFIED,true", "UNVERIFIABLE,false"})
    void onlyARunThatEndedWellIsASuccess(BackupState state, boolean success) {
        Backup backup = switch (state) {
            case RUNNING -> STARTED;
            case FAILED -> STARTED.failed(NIGHT, Duration.ZERO, "disk full");
            case MADE -> MADE;
            default -> MADE.judged(state, NIGHT, Duration.ZERO, "");
        };
        assertThat(JournalRow.of(backup).columns()).containsEntry("success", success);
    }

    @Test
    void unknownValuesAreNullAndNotEmpty() {
        assertThat(JournalRow.of(STARTED).columns())
                .containsEntry("path", null)
                .containsEntry("finished_at", null)
                .containsEntry("verified_at", null)
                .containsEntry("sha256", null)
                .containsEntry("error", null)
                .containsEntry("image", null);
    }

    @Test
    void aBackupRecordsTheImageOfItsService() {
        assertThat(JournalRow.of(MADE.withImage("app:1.2")).columns()).containsEntry("image", "app:1.2");
        assertThat(JournalRow.of(STARTED.withImage("app:1.2").failed(NIGHT, Duration.ZERO, "disk full"))
                        .columns())
                .containsEntry("image", "app:1.2");
    }

    @Test
    void aRowOfAnOlderPgstewardHasNoImage() {
        assertThat(new JournalRow("backup", Map.of("service", "app")).columns()).containsEntry("image", null);
    }

    @Test
    void textIsCutToItsColumnByCharactersAndNeverInTheMiddleOfOne() {
        Activity activity = new Activity(UUID.randomUUID(), "🐘".repeat(60), "a".repeat(200), "ж".repeat(200), NIGHT);
        assertThat(JournalRow.of(activity).columns())
                .containsEntry("service", "🐘".repeat(50))
                .containsEntry("action", "a".repeat(100))
                .containsEntry("user", "ж".repeat(100));
    }

    @Test
    void imageChangeStatesNamesAndShortDigests() {
        ImageChange change =
                new ImageChange("app", "app:latest", "sha256:0123456789abcdef", "app:latest", "sha256:fedcba", NIGHT);
        assertThat(JournalRow.of(change).columns())
                .containsEntry(
                        "reason",
                        "before the change from app:latest (0123456789ab) to app:latest (fedcba) at 2026-03-01T03:00:00Z");
    }

    @Test
    void anImageThatWasNeverSeenHasItsNameOnly() {
        assertThat(new ImageChange("app", "app:1", "", "app:2", "sha256:ab", NIGHT).reason())
                .startsWith("before the change from app:1 to app:2 (ab)");
    }
}
