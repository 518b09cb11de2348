package org.pgsteward.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.pgsteward.backup.StuckRule.Action;
import org.pgsteward.postgres.Progress;

class StuckRuleTest {
    private static final Duration HOUR = Duration.ofHours(1);

    private final StuckRule rule = new StuckRule(HOUR);

    @Test
    void leavesARunAloneThatMovedWithinTheLimit() {
        assertThat(judge(run(HOUR, 0)).action()).isEqualTo(Action.NONE);
    }

    @Test
    void cancelsARunThatDidNotMoveForLonger() {
        StuckRule.Verdict verdict = judge(run(HOUR.plusMinutes(1), 0));
        assertThat(verdict.action()).isEqualTo(Action.CANCEL);
        assertThat(verdict.reason()).isEqualTo("no progress for 1 h 1 min: it dumps, 4711 bytes so far");
    }

    /** PostgreSQL says nothing while it builds an index over a table of 200 GB. */
    @Test
    void allowsALargeDatabaseTheTimeToReadAllOfIt() {
        long large = 200_000_000_000L;
        Duration reading = Duration.ofSeconds(large / StuckRule.SLOW_DISK);
        assertThat(judge(run(HOUR.plus(reading), large)).action()).isEqualTo(Action.NONE);
        assertThat(judge(run(HOUR.plus(reading).plusSeconds(1), large)).action())
                .isEqualTo(Action.CANCEL);
    }

    /** A CHECK that sleeps for each row keeps a restore going for days, and every other backup waiting. */
    @Test
    void cancelsARunThatMovesMoreSlowlyThanAnyDisk() {
        assertThat(judge(working(HOUR.multipliedBy(4), 0)).action()).isEqualTo(Action.NONE);
        StuckRule.Verdict verdict = judge(working(HOUR.multipliedBy(4).plusSeconds(10), 9_000_000));
        assertThat(verdict.action()).isEqualTo(Action.CANCEL);
        assertThat(verdict.reason()).isEqualTo("too slow: 4711 bytes in 4 h, and it dumps");
        assertThat(judge(working(HOUR.multipliedBy(4).plusSeconds(10), 10_000_000))
                        .action())
                .isEqualTo(Action.NONE);
    }

    /** A CHECK that sleeps would hold up a whole night. */
    @Test
    void cancelsAVerificationEarlyForWhichOthersWait() {
        Progress.State slow = verification(Duration.ofMinutes(4).plusSeconds(11), 10_000_000);
        Progress.State inTime = verification(Duration.ofMinutes(4).plusSeconds(10), 10_000_000);
        Progress.State waiting = new Progress.State(
                "verification of chat", true, ProofTurn.WAITS, true, 0, 0, HOUR, Duration.ZERO, Optional.empty());

        assertThat(rule.judge(slow, List.of(slow, waiting), false))
                .isEqualTo(new StuckRule.Verdict(
                        Action.CANCEL, "too slow while others wait: 4711 bytes in 4 min 11 s, and it restores"));
        assertThat(rule.judge(slow, List.of(slow), true).action()).isEqualTo(Action.CANCEL);
        assertThat(rule.judge(inTime, List.of(inTime, waiting), false).action()).isEqualTo(Action.NONE);
        assertThat(rule.judge(slow, List.of(slow), false).action())
                .as("nobody waits")
                .isEqualTo(Action.NONE);
        Progress.State dump = working(HOUR, 0);
        assertThat(rule.judge(dump, List.of(dump, waiting), true).action())
                .as("a dump")
                .isEqualTo(Action.NONE);
    }

    /** A number of seven bytes can have 131,072 digits in a dump: 70 MB were a dump of 1 TB. */
    @Test
    void cancelsADumpFarLargerThanItsDatabase() {
        long size = 70_000_000;
        long limit = StuckRule.LARGE_DUMP + StuckRule.TIMES * size;
        Duration time = Duration.ofMinutes(3).plusSeconds(7);

        assertThat(judge(dump(limit + 1, size, time.plusSeconds(1))))
                .isEqualTo(new StuckRule.Verdict(
                        Action.CANCEL,
                        "a dump far larger than its database: 3313741825 bytes in 3 min 8 s of a database of 70000000"
                                + " bytes; if that is right, raise pgsteward.backup.stuck.after"));
        assertThat(judge(dump(limit, size, HOUR)).action()).isEqualTo(Action.NONE);
        assertThat(judge(dump(Long.MAX_VALUE, size, time)).action()).isEqualTo(Action.NONE);
        assertThat(judge(dump(StuckRule.LARGE_DUMP, 0, HOUR)).action())
                .as("small")
                .isEqualTo(Action.NONE);
    }

    private static Progress.State dump(long bytes, long size, Duration worked) {
        return new Progress.State(
                "backup of wiki", true, "dumps", false, bytes, size, Duration.ZERO, worked, Optional.empty());
    }

    private static Progress.State verification(Duration worked, long size) {
        return new Progress.State(
                "verification of wiki", true, "restores", false, 4711, size, Duration.ZERO, worked, Optional.empty());
    }

    @Test
    void leavesARunAloneThatWaitsForOneThatWorks() {
        Progress.State working = run(Duration.ofMinutes(59), 0);
        Progress.State waiting = waiting(Duration.ofHours(9), true);
        assertThat(rule.judge(waiting, List.of(working, waiting), false).action())
                .isEqualTo(Action.NONE);
    }

    /** What it waits for was taken by a run that is no more. */
    @Test
    void endsTheProcessWhereARunWaitsForNone() {
        Progress.State waiting = waiting(HOUR.plusSeconds(1), true);
        assertThat(rule.judge(waiting, List.of(waiting, waiting(HOUR, true)), false)
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
    void onlyCancelsANightWhichHoldsNothing() {
        assertThat(judge(waiting(HOUR.plusSeconds(1), false)).action()).isEqualTo(Action.CANCEL);
        assertThat(judge(cancelled(Duration.ofDays(1), false)).action()).isEqualTo(Action.NONE);
    }

    @Test
    void refusesALimitOfNothing() {
        assertThatThrownBy(() -> new StuckRule(Duration.ZERO))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("pgsteward.backup.stuck.after is ");
    }

    private StuckRule.Verdict judge(Progress.State run) {
        return rule.judge(run, List.of(run), false);
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
