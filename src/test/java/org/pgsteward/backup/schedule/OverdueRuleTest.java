package org.pgsteward.backup.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupKind;
import org.pgsteward.model.BackupState;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Severity;

@Tag("fast")
class OverdueRuleTest {
    private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");
    private static final BackupTarget APP = new BackupTarget("app", "app", "app", BackupKind.DUMP, "");

    /** A schedule of every midnight in UTC. */
    private static final Schedule MIDNIGHT =
            moment -> moment.truncatedTo(ChronoUnit.DAYS).plus(Duration.ofDays(1));

    private final OverdueRule rule = new OverdueRule(Duration.ofHours(6), BERLIN);

    @ParameterizedTest(name = "{3}")
    @CsvSource(
            delimiter = '|',
            nullValues = "never",
            value = {
                "2026-03-02T00:00:05Z | 2026-03-02T10:00:00Z | well     | verified last night",
                "2026-03-02T00:00:05Z | 2026-03-03T00:00:00Z | well     | due at this second",
                "2026-03-02T00:00:05Z | 2026-03-03T06:00:00Z | well     | last second of the grace",
                "2026-03-02T00:00:05Z | 2026-03-03T06:00:01Z | warning  | one second after the grace",
                "2026-03-02T00:00:05Z | 2026-03-04T06:00:00Z | warning  | last second of the second night's grace",
                "2026-03-02T00:00:05Z | 2026-03-04T06:00:01Z | critical | two nights are missing",
                "2026-03-02T13:00:00Z | 2026-03-03T06:00:00Z | well     | manual backup at noon, last second of the grace",
                "2026-03-02T13:00:00Z | 2026-03-03T06:00:01Z | warning  | a manual backup does not replace the next night's",
                "2026-03-01T23:59:59Z | 2026-03-02T06:00:01Z | warning  | a backup that began one second early belongs to the day before",
                "never                | 2026-03-02T06:00:00Z | well     | last second of the grace of the first night",
                "never                | 2026-03-02T06:00:01Z | warning  | no backup since the enrolment",
                "never                | 2026-04-02T06:00:01Z | critical | no backup since the enrolment a month ago"
            })
    void isOverdueOrNot(String lastVerified, Instant now, String verdict, String sentence) {
        Instant enrolled = Instant.parse("2026-03-01T12:00:00Z");
        Condition condition =
                rule.judge(APP, MIDNIGHT, Optional.ofNullable(lastVerified).map(Instant::parse), enrolled, now);
        assertThat(condition.severity().map(Severity::word).orElse("well"))
                .as(sentence)
                .isEqualTo(verdict);
        assertThat(condition.key()).isEqualTo("backup-overdue:app");
    }

    @Test
    void namesTheLastVerifiedBackupAndTheDueTime() {
        Condition condition = rule.judge(
                APP,
                MIDNIGHT,
                Optional.of(Instant.parse("2026-03-02T00:00:05Z")),
                Instant.EPOCH,
                Instant.parse("2026-03-03T07:00:00Z"));
        assertThat(condition.reason())
                .isEqualTo(
                        "the last verified backup is of 2026-03-02 01:00 CET; a backup was due at 2026-03-03 01:00 CET"
                                + " and had to be verified by 2026-03-03 07:00 CET");
        assertThat(condition.figures())
                .containsEntry("last_verified", "2026-03-02T00:00:05Z")
                .containsEntry("due", "2026-03-03T00:00:00Z")
                .containsEntry("grace_seconds", 21_600L)
                .containsEntry("overdue_seconds", 3600L);
        assertThat(condition.remedy()).startsWith("pgsteward backup app   # after the cause is corrected; ");
        assertThat(condition.began()).isEqualTo("2026-03-03T06:00:00Z");
    }

    @Test
    void causeComesFromTheNewestRun() {
        Instant begun = Instant.parse("2026-03-03T00:00:05.123Z");
        Backup running = Backup.starting("app-1", "app", "app", BackupKind.DUMP, begun, "15.14");
        Backup made = running.made("app/1.dump", begun, 5, 9, "00", Duration.ZERO);

        assertThat(OverdueRule.cause(Optional.empty())).isEqualTo("no backup of it has begun yet");
        assertThat(OverdueRule.cause(Optional.of(running)))
                .isEqualTo("a backup has been in progress since 2026-03-03T00:00:05Z");
        assertThat(OverdueRule.cause(Optional.of(running.failed(begun, Duration.ZERO, "disk full"))))
                .isEqualTo("the newest backup, begun at 2026-03-03T00:00:05Z, failed: disk full");
        assertThat(OverdueRule.cause(Optional.of(made)))
                .isEqualTo("the newest backup, begun at 2026-03-03T00:00:05Z, is not verified");
        assertThat(OverdueRule.cause(Optional.of(made.verifiedInStream(Duration.ZERO))))
                .isEqualTo(OverdueRule.cause(Optional.of(made.judged(BackupState.VERIFIED, begun, Duration.ZERO, ""))))
                .startsWith("no backup has begun since");
    }

    @Test
    void theGlobalsAreBackedUpByTheirKind() {
        Condition condition = rule.judge(
                new BackupTarget("_globals", "homelab", "homelab", BackupKind.GLOBALS, ""),
                MIDNIGHT,
                Optional.empty(),
                Instant.EPOCH,
                Instant.parse("2026-03-03T07:00:00Z"));
        assertThat(condition.reason()).startsWith("no verified backup yet, since ");
        assertThat(condition.remedy())
                .startsWith("pgsteward backup --kind globals   # ")
                .endsWith("\npgsteward backups _globals");
    }

    /** In Berlin 29 March 2026 has 23 hours and 25 October 2026 has 25 hours. */
    @ParameterizedTest(name = "{4}")
    @CsvSource(
            delimiter = '|',
            value = {
                "30 2 * * * | 2026-03-28T01:30:05Z | 2026-03-29T07:30:00Z | well    | 02:30 does not exist, so the backup is due at 03:30",
                "30 2 * * * | 2026-03-28T01:30:05Z | 2026-03-29T07:30:01Z | warning | one second after that grace",
                "30 2 * * * | 2026-03-29T01:30:05Z | 2026-03-30T06:30:00Z | well    | the next night comes 23 hours later",
                "30 2 * * * | 2026-03-29T01:30:05Z | 2026-03-30T06:30:01Z | warning | overdue 29 hours after it",
                "30 2 * * * | 2026-10-25T00:30:05Z | 2026-10-25T23:00:00Z | well    | the second 02:30 of a night is not another due time",
                "30 2 * * * | 2026-10-25T00:30:05Z | 2026-10-26T07:30:00Z | well    | the next night comes 25 hours later",
                "30 2 * * * | 2026-10-25T00:30:05Z | 2026-10-26T07:30:01Z | warning | overdue 31 hours after it",
                "0 3 * * 0  | 2026-03-22T02:00:05Z | 2026-03-29T07:00:00Z | well    | weekly schedule, a week with an hour less",
                "0 3 * * 0  | 2026-03-22T02:00:05Z | 2026-03-29T07:00:01Z | warning | weekly schedule, overdue"
            })
    void theClocksMayChange(String cron, Instant lastVerified, Instant now, String verdict, String sentence) {
        Condition condition =
                rule.judge(APP, new CronSchedule(cron, BERLIN), Optional.of(lastVerified), Instant.EPOCH, now);
        assertThat(condition.severity().map(Severity::word).orElse("well"))
                .as(sentence)
                .isEqualTo(verdict);
    }

    @Test
    void aScheduleThatNeverFiresIsNeverOverdue() {
        Condition condition = rule.judge(
                APP, moment -> Instant.MAX, Optional.empty(), Instant.EPOCH, Instant.parse("2026-03-03T07:00:00Z"));
        assertThat(condition.severity()).isEmpty();
    }

    @Test
    void refusesANegativeGrace() {
        assertThatThrownBy(() -> new OverdueRule(Duration.ofHours(-1), BERLIN))
                .hasMessageStartingWith("pgsteward.backup.overdue.grace is ");
    }
}
