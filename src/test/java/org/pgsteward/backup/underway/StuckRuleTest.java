package org.pgsteward.backup.underway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.pgsteward.backup.underway.StuckRule.Action;
import org.pgsteward.postgres.Progress;

@Tag("fast")
class StuckRuleTest {
    private static final Duration HOUR = Duration.ofHours(1);

    private static final StuckRule.Others NONE = StuckRule.Others.NONE;
    private static final StuckRule.Others VERIFICATION = new StuckRule.Others(true, false);
    private static final StuckRule.Others BACKUPS = new StuckRule.Others(false, true);

    private final StuckRule rule = new StuckRule(HOUR);

    @Test
    void leavesARunAloneThatMovedWithinTheLimit() {
        assertThat(judge(run(HOUR, 0)).action()).isEqualTo(Action.NONE);
    }

    @Test
    void cancelsARunThatDidNotMoveForLonger() {
        StuckRule.Verdict verdict = judge(run(HOUR.plusMinutes(1), 0));
        assertThat(verdict.action()).isEqualTo(Action.CANCEL);
        assertThat(verdict.reason()).isEqualTo("no progress for 1 h 1 min, in step 'dumps', 4711 bytes so far");
    }

    /** PostgreSQL reports no progress while it builds an index over a table of 200 GB. */
    @Test
    void allowsALargeDatabaseTheTimeToReadAllOfIt() {
        long large = 200_000_000_000L;
        Duration reading = Duration.ofSeconds(large / StuckRule.SLOW_DISK);
        assertThat(judge(run(HOUR.plus(reading), large)).action()).isEqualTo(Action.NONE);
        assertThat(judge(run(HOUR.plus(reading).plusSeconds(1), large)).action())
                .isEqualTo(Action.CANCEL);
    }

    /** A CHECK that sleeps for each row makes a restore last for days, and every other backup waits for it. */
    @Test
    void cancelsARunThatMovesMoreSlowlyThanAnyDisk() {
        assertThat(judge(working(HOUR.multipliedBy(4), 0)).action()).isEqualTo(Action.NONE);
        StuckRule.Verdict verdict = judge(working(HOUR.multipliedBy(4).plusSeconds(10), 9_000_000));
        assertThat(verdict.action()).isEqualTo(Action.CANCEL);
        assertThat(verdict.reason()).isEqualTo("too slow: 4711 bytes in 4 h, in step 'dumps'");
        assertThat(judge(working(HOUR.multipliedBy(4).plusSeconds(10), 10_000_000))
                        .action())
                .isEqualTo(Action.NONE);
    }

    /** A CHECK that sleeps would delay a whole night. */
    @Test
    void cancelsAVerificationEarlyForWhichOthersWait() {
        Progress.State slow = verification(Duration.ofMinutes(1).plusSeconds(11), 10_000_000);
        Progress.State inTime = verification(Duration.ofMinutes(1).plusSeconds(10), 10_000_000);
        Progress.State waiting = new Progress.State(
                "verification of chat",
                true,
                "waits for " + RunsUnderWay.ANOTHER_VERIFICATION,
                true,
                0,
                0,
                HOUR,
                Duration.ZERO,
                Optional.empty());

        assertThat(rule.judge(slow, List.of(slow, waiting), NONE))
                .isEqualTo(new StuckRule.Verdict(
                        Action.CANCEL,
                        "too slow while others wait: 4711 bytes in 1 min 11 s for a database of 10000000 bytes,"
                                + " in step 'restores'"));
        assertThat(rule.judge(slow, List.of(slow), VERIFICATION).action()).isEqualTo(Action.CANCEL);
        assertThat(rule.judge(slow, List.of(slow), BACKUPS).action()).isEqualTo(Action.CANCEL);
        assertThat(rule.judge(inTime, List.of(inTime, waiting), NONE).action()).isEqualTo(Action.NONE);
        assertThat(judge(slow).action()).as("no other run waits").isEqualTo(Action.NONE);
    }

    /** Numbers of 7 bytes have 131,072 digits each. Their dump had 1 TB for a table of 70 MB. */
    @Test
    void cancelsADumpEarlyForWhichOthersWait() {
        Progress.State slow = working(Duration.ofMinutes(1).plusSeconds(71), 70_000_000);
        Progress.State inTime = working(Duration.ofMinutes(1).plusSeconds(70), 70_000_000);
        Progress.State waiting = new Progress.State(
                "backup of chat",
                true,
                "waits for " + RunsUnderWay.ANOTHER_DUMP,
                true,
                0,
                0,
                HOUR,
                Duration.ZERO,
                Optional.empty());

        assertThat(rule.judge(slow, List.of(slow, waiting), NONE).action()).isEqualTo(Action.CANCEL);
        assertThat(rule.judge(slow, List.of(slow), BACKUPS).action()).isEqualTo(Action.CANCEL);
        assertThat(rule.judge(inTime, List.of(inTime, waiting), BACKUPS).action())
                .isEqualTo(Action.NONE);
        assertThat(rule.judge(slow, List.of(slow), VERIFICATION).action())
                .as("a dump never holds the turn of verifications")
                .isEqualTo(Action.NONE);
        assertThat(judge(slow).action()).as("no other run waits").isEqualTo(Action.NONE);
    }

    private static Progress.State verification(Duration worked, long size) {
        return new Progress.State(
                "verification of wiki", true, "restores", false, 4711, size, Duration.ZERO, worked, Optional.empty());
    }

    @Test
    void leavesARunAloneThatWaitsForAWorkingRun() {
        Progress.State working = run(Duration.ofMinutes(59), 0);
        Progress.State waiting = waiting(Duration.ofHours(9), true);
        assertThat(rule.judge(waiting, List.of(working, waiting), NONE).action())
                .isEqualTo(Action.NONE);
    }

    /** A run that has ended took the turn and never returned it. */
    @Test
    void endsTheProcessWhenEveryRunWaits() {
        Progress.State waiting = waiting(HOUR.plusSeconds(1), true);
        assertThat(rule.judge(waiting, List.of(waiting, waiting(HOUR, true)), NONE)
                        .action())
                .isEqualTo(Action.END_PROCESS);
    }

    @Test
    void endsTheProcessWhereACancelledRunDoesNotEnd() {
        assertThat(judge(cancelled(StuckRule.CLEAN_UP, true)).action()).isEqualTo(Action.NONE);
        assertThat(judge(cancelled(StuckRule.CLEAN_UP.plusSeconds(1), true)).action())
                .isEqualTo(Action.END_PROCESS);
    }

    @Test
    void cancelsANightWithoutLocksAndKeepsTheProcess() {
        assertThat(judge(waiting(HOUR.plusSeconds(1), false)).action()).isEqualTo(Action.CANCEL);
        assertThat(judge(cancelled(Duration.ofDays(1), false)).action()).isEqualTo(Action.NONE);
    }

    @Test
    void refusesALimitOfZero() {
        assertThatThrownBy(() -> new StuckRule(Duration.ZERO))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("pgsteward.backup.stuck.after is ");
    }

    private StuckRule.Verdict judge(Progress.State run) {
        return rule.judge(run, List.of(run), NONE);
    }

    private static Progress.State run(Duration silence, long size) {
        return new Progress.State(
                "backup of wiki", true, "dumps", false, 4711, size, silence, Duration.ZERO, Optional.empty());
    }

    private static Progress.State working(Duration worked, long size) {
        return new Progress.State(
                "backup of wiki", true, "dumps", false, 4711, size, Duration.ZERO, worked, Optional.empty());
    }

    private static Progress.State waiting(Duration silence, boolean holding) {
        return new Progress.State(
                "backup of wiki",
                holding,
                "waits for another dump",
                true,
                0,
                0,
                silence,
                Duration.ZERO,
                Optional.empty());
    }

    private static Progress.State cancelled(Duration since, boolean holding) {
        return new Progress.State(
                "backup of wiki", holding, "dumps", false, 0, 0, since, Duration.ZERO, Optional.of(since));
    }
}
