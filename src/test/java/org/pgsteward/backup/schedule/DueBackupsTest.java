package org.pgsteward.backup.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalTime;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pgsteward.model.BackupKind;

@Tag("fast")
class DueBackupsTest {
    /** A schedule of every midnight in UTC. */
    private static final Schedule MIDNIGHT =
            moment -> moment.truncatedTo(ChronoUnit.DAYS).plus(Duration.ofDays(1));

    @ParameterizedTest(name = "{3}")
    @CsvSource(
            delimiter = '|',
            value = {
                "2026-03-01T00:00:05Z | 0     | 2026-03-01T00:00:06Z | one second after its run",
                "2026-03-01T00:00:05Z | 0     | 2026-03-01T23:59:59Z | one second before its time",
                "2026-03-01T12:00:00Z | 0     | 2026-03-01T23:59:59Z | after a manual run at noon",
                "2026-03-01T00:00:05Z | 2     | 2026-03-01T00:30:04Z | failed twice, one second before the half hour is over",
                "2026-03-01T00:00:05Z | 1     | 2026-03-01T00:01:04Z | failed once, one second before the minute is over"
            })
    void isNotDue(Instant lastStarted, int failures, Instant now, String sentence) {
        assertThat(DueBackups.isDue(MIDNIGHT, lastStarted, failures, false, now))
                .as(sentence)
                .isFalse();
    }

    @ParameterizedTest(name = "{3}")
    @CsvSource(
            delimiter = '|',
            value = {
                "2026-03-01T00:00:05Z | 0     | 2026-03-02T00:00:00Z | at its time",
                "2026-03-01T00:00:05Z | 0     | 2026-03-02T09:17:00Z | missed at night, daemon back in the morning",
                "2026-03-01T00:00:05Z | 0     | 2026-04-01T09:17:00Z | thirty runs missed",
                "1970-01-01T00:00:00Z | 0     | 2026-03-01T12:00:00Z | age of the database unknown",
                "2026-03-01T00:00:05Z | 1     | 2026-03-01T00:01:05Z | a minute after it failed once",
                "2026-03-01T00:00:05Z | 2     | 2026-03-01T00:30:05Z | half an hour after it failed twice",
                "2026-03-01T23:50:00Z | 2     | 2026-03-02T00:00:00Z | at its time, although it failed ten minutes ago",
                "2031-01-01T00:00:00Z | 0     | 2026-03-01T12:00:00Z | last run recorded in the future by a wrong clock"
            })
    void isDue(Instant lastStarted, int failures, Instant now, String sentence) {
        assertThat(DueBackups.isDue(MIDNIGHT, lastStarted, failures, false, now))
                .as(sentence)
                .isTrue();
    }

    @Test
    void ordersByOldestRunWithUnverifiableOnesLast() {
        Instant night = Instant.parse("2026-03-01T00:00:05Z");
        List<DueBackups.Due> due = List.of(
                new DueBackups.Due(target("hostile"), true, Instant.EPOCH),
                new DueBackups.Due(target("late"), false, night.plusSeconds(60)),
                new DueBackups.Due(target("early"), false, night),
                new DueBackups.Due(target("never"), false, Instant.EPOCH),
                new DueBackups.Due(target("never-either"), false, Instant.EPOCH));

        assertThat(DueBackups.inOrder(due))
                .extracting(one -> one.target().service())
                .containsExactly("never", "never-either", "early", "late", "hostile");
    }

    @Test
    void aServiceThatEndedTheProcessIsBackedUpAlone() {
        Instant night = Instant.parse("2026-03-01T00:00:05Z");
        DueBackups.Due first = new DueBackups.Due(target("first"), false, night);
        DueBackups.Due second = new DueBackups.Due(target("second"), false, night.plusSeconds(60));
        DueBackups.Due third = new DueBackups.Due(target("third"), false, night.plusSeconds(90));
        List<DueBackups.Due> due = List.of(first, second, third);

        assertThat(DueBackups.apart(due, service -> false)).isEqualTo(due);
        assertThat(DueBackups.apart(due, "first"::equals)).containsExactly(first);
        assertThat(DueBackups.apart(due, "second"::equals))
                .as("second has not waited longest")
                .containsExactly(first, third);
        assertThat(DueBackups.apart(due, service -> !service.equals("second"))).containsExactly(first);
        assertThat(DueBackups.apart(due, service -> true)).containsExactly(first);
        assertThat(DueBackups.apart(List.of(), service -> true)).isEmpty();
    }

    private static BackupTarget target(String service) {
        return new BackupTarget(service, service, service, BackupKind.DUMP, "");
    }

    @Test
    void thirtyMissedNightsAreOneRun() {
        Instant back = Instant.parse("2026-04-01T09:17:00Z");
        assertThat(DueBackups.isDue(MIDNIGHT, Instant.parse("2026-03-01T00:00:05Z"), 0, false, back))
                .isTrue();
        assertThat(DueBackups.isDue(MIDNIGHT, back, 0, false, back.plusSeconds(60)))
                .as("after the run")
                .isFalse();
    }

    @Test
    void aScheduleThatNeverFiresIsNeverDue() {
        Schedule never = moment -> Instant.MAX;
        assertThat(DueBackups.isDue(never, Instant.EPOCH, 0, false, Instant.parse("2026-03-01T00:00:00Z")))
                .isFalse();
    }

    /** Two services with slow databases and a schedule of every minute delayed the nightly backups of all others. */
    @ParameterizedTest
    @CsvSource({
        "0, true, 00:29:59, false",
        "0, true, 00:30:00, true",
        "1, false, 00:00:59, false",
        "1, false, 00:01:00, true",
        "2, false, 00:29:59, false",
        "2, false, 00:30:00, true",
        "0, false, 00:01:00, true"
    })
    void limitsRetriesUnderAScheduleOfEachMinute(int failures, boolean unverifiable, LocalTime now, boolean due) {
        Schedule eachMinute = moment -> moment.plusSeconds(60).truncatedTo(ChronoUnit.MINUTES);
        Instant midnight = Instant.parse("2026-03-01T00:00:00Z");

        assertThat(DueBackups.isDue(
                        eachMinute, midnight, failures, unverifiable, midnight.plusSeconds(now.toSecondOfDay())))
                .isEqualTo(due);
    }
}
