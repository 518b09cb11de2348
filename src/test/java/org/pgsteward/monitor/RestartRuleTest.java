package org.pgsteward.monitor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pgsteward.monitor.Looks.NOON;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Severity;

/** Restarts and crashes of PostgreSQL are counted, explained by an order, and forgotten. */
@Tag("fast")
class RestartRuleTest {

    @Test
    void aRestartIsOverWhenAnHourHasPassed() {
        DatabaseWatch watch = new DatabaseWatch();
        watch.use(List.of(Looks.rule(new RestartRule(), "1", "off")));
        List<String> said = new ArrayList<>();
        for (int minute = 0; minute <= 90; minute += 10) {
            Looks.Quiet quiet = new Looks.Quiet();
            quiet.at = NOON.plus(Duration.ofMinutes(minute));
            if (minute >= 10) {
                quiet.startedAt = NOON.plus(Duration.ofMinutes(5));
                quiet.recoveredAt = quiet.startedAt;
            }
            watch.judge(quiet.look())
                    .conditions()
                    .forEach(condition -> said.add((condition.severity().isPresent() ? "bad " : "well ")
                            + Duration.between(NOON, condition.at()).toMinutes()));
        }
        assertThat(said)
                .containsExactly("well 0", "bad 10", "bad 20", "bad 30", "bad 40", "bad 50", "bad 60", "well 70");
    }

    /** An alert from before a start of pgsteward must not resolve because pgsteward no longer knows its cause. */
    @Test
    void aRestartOfPostgresqlIsNotOverForAPgstewardThatStartedAfterIt() {
        DatabaseWatch watch = new DatabaseWatch();
        watch.use(List.of(Looks.rule(new RestartRule(), "1", "off")));
        List<String> said = new ArrayList<>();
        for (int minute = 0; minute <= 60; minute += 5) {
            Looks.Quiet quiet = new Looks.Quiet();
            quiet.at = NOON.plus(Duration.ofMinutes(minute));
            quiet.startedAt = NOON.minus(Duration.ofMinutes(20));
            quiet.recoveredAt = quiet.startedAt;
            MetricWatch.Judged judged = watch.judge(quiet.look());
            assertThat(judged.subjects()).contains("postgres-restarted:postgresql");
            judged.conditions()
                    .forEach(condition -> said.add((condition.severity().isPresent() ? "bad " : "well ")
                            + Duration.between(NOON, condition.at()).toMinutes()));
        }
        assertThat(said).containsExactly("well 45");
    }

    @Test
    void restartsInAnEarlierAlertAreCounted() {
        DatabaseWatch before = new DatabaseWatch();
        before.use(List.of(Looks.rule(new RestartRule(), "1", "3")));
        List<Condition> said = List.of();
        for (int minute : List.of(0, 5, 10)) {
            said = before.judge(startedIn(minute, Restarts.NONE)).conditions();
        }
        assertThat(said.get(0).severity()).contains(Severity.WARNING);
        Restarts reported = Restarts.of(said.get(0).figures());
        assertThat(reported.count()).isEqualTo(2);

        DatabaseWatch after = new DatabaseWatch();
        after.use(List.of(Looks.rule(new RestartRule(), "1", "3")));
        assertThat(after.judge(startedIn(12, reported)).conditions().get(0).severity())
                .contains(Severity.WARNING);
        Condition third = after.judge(startedIn(15, reported)).conditions().get(0);
        assertThat(third.severity()).contains(Severity.CRITICAL);
        assertThat(third.reason()).contains("restarted unexpectedly at 2026-05-01T12:14:00Z, 3 times within an hour");
    }

    @Test
    void invalidTimesInAnAlertAreIgnored() {
        assertThat(Restarts.of(Map.of("startTimes", "yesterday 2026-05-01T12:00:00Z", "recoveryTimes", 7))
                        .count())
                .isOne();
    }

    /** Returns a reading of a server that was started a minute before, except in minute 0. */
    private static DatabaseObservation startedIn(int minute, Restarts reported) {
        Looks.Quiet quiet = new Looks.Quiet();
        quiet.at = NOON.plus(Duration.ofMinutes(minute));
        quiet.reported = reported;
        if (minute > 0) {
            quiet.startedAt = NOON.plus(Duration.ofMinutes(minute - 1));
            quiet.recoveredAt = quiet.startedAt;
        }
        return quiet.look();
    }

    @Test
    void crashShortlyBeforeAStartFires() {
        DatabaseWatch watch = new DatabaseWatch();
        watch.use(List.of(Looks.rule(new RestartRule(), "1", "off")));
        List<String> said = new ArrayList<>();
        for (int minute = 0; minute <= 60; minute += 10) {
            Looks.Quiet quiet = new Looks.Quiet();
            quiet.at = NOON.plus(Duration.ofMinutes(minute));
            quiet.recoveredAt = NOON.minus(Duration.ofMinutes(15));
            watch.judge(quiet.look())
                    .conditions()
                    .forEach(condition -> said.add((condition.severity().isPresent() ? "bad " : "well ")
                            + Duration.between(NOON, condition.at()).toMinutes()));
        }
        assertThat(said).containsExactly("bad 0", "bad 10", "bad 20", "bad 30", "bad 40", "well 50");
    }

    /** The probe reads every minute, and a process is killed every eight minutes. */
    @Test
    void eachOfSixCrashesWithinAnHourIsCountedAndForgottenAnHourLater() {
        DatabaseWatch watch = new DatabaseWatch();
        watch.use(List.of(Looks.rule(new RestartRule(), "1", "3"), Looks.rule(new GrowthRule(), "1g", "off")));
        List<String> said = new ArrayList<>();
        for (int minute = 0; minute <= 120; minute++) {
            Looks.Quiet quiet = new Looks.Quiet();
            quiet.at = NOON.plus(Duration.ofMinutes(minute));
            if (minute >= 8) {
                quiet.recoveredAt = NOON.plus(Duration.ofMinutes(Math.min(minute / 8, 6) * 8L));
            }
            MetricWatch.Judged judged = watch.judge(quiet.look());
            if (minute % 10 == 0) {
                judged.conditions()
                        .forEach(condition -> said.add(minute(condition) + " "
                                + condition.severity().map(Enum::toString).orElse("well") + " "
                                + condition.figures().getOrDefault("recoveries", 0)));
            }
        }
        assertThat(said)
                .containsExactly(
                        "0 well 0",
                        "0 well 0",
                        "10 WARNING 1",
                        "20 WARNING 2",
                        "30 CRITICAL 3",
                        "40 CRITICAL 5",
                        "50 CRITICAL 6",
                        "60 CRITICAL 6",
                        "70 CRITICAL 5",
                        "80 CRITICAL 4",
                        "90 CRITICAL 3",
                        "100 WARNING 1");
    }

    @Test
    void aCrashJustAfterAStartIsKnownByTheLog() {
        DatabaseWatch watch = new DatabaseWatch();
        watch.use(List.of(Looks.rule(new RestartRule(), "1", "3")));
        Looks.Quiet quiet = new Looks.Quiet();
        watch.judge(quiet.look());
        quiet.at = NOON.plus(Duration.ofMinutes(1));
        quiet.lastOrder = Optional.of(NOON.plusSeconds(8));
        quiet.startedAt = NOON.plusSeconds(10);
        quiet.recoveredAt = NOON.plusSeconds(20);
        assertThat(watch.judge(quiet.look()).conditions())
                .noneMatch(condition -> condition.severity().isPresent());

        quiet.crash = Optional.of(new ServerProcessCrash(4711, "was terminated by signal 9: Killed", ""));

        assertThat(watch.judge(quiet.look()).conditions())
                .filteredOn(condition -> condition.severity().isPresent())
                .singleElement()
                .satisfies(condition -> assertThat(condition.reason()).startsWith("process 4711 was terminated"));
    }

    @Test
    void crashIsReportedWithTheEndedProcess() {
        DatabaseWatch watch = new DatabaseWatch();
        watch.use(List.of(Looks.rule(new RestartRule(), "1", "3")));
        Looks.Quiet quiet = new Looks.Quiet();
        watch.judge(quiet.look());
        quiet.at = NOON.plus(Duration.ofMinutes(1));
        quiet.recoveredAt = NOON.plusSeconds(30);
        quiet.crash = Optional.of(
                new ServerProcessCrash(4711, "was terminated by signal 9: Killed", "role wiki in database wiki"));

        assertThat(watch.judge(quiet.look()).conditions())
                .filteredOn(condition -> condition.severity().isPresent())
                .singleElement()
                .satisfies(
                        condition -> assertThat(condition.reason())
                                .isEqualTo(
                                        "process 4711 of role wiki in database wiki was terminated by signal 9: Killed,"
                                                + " probably for lack of memory (any process may have used it), and PostgreSQL ended all sessions at 2026-05-01T12:00:30Z, and answers again"));
        assertThat(new ServerProcessCrash(4711, "exited with exit code 2", "").words())
                .isEqualTo("process 4711 exited with exit code 2");
    }

    /** The container was created or stopped by order. Three minutes later it restarted by itself. */
    @Test
    void anOrderExplainsTheFirstStartAfterItAndNoOther() {
        DatabaseWatch watch = new DatabaseWatch();
        watch.use(List.of(Looks.rule(new RestartRule(), "1", "3")));
        List<String> said = new ArrayList<>();
        for (int minute = 0; minute <= 4; minute++) {
            Looks.Quiet quiet = new Looks.Quiet();
            quiet.at = NOON.plus(Duration.ofMinutes(minute));
            quiet.lastOrder = Optional.of(NOON.minusSeconds(30));
            quiet.startedAt = minute < 3 ? NOON.minusSeconds(20) : NOON.plusSeconds(170);
            quiet.recoveredAt = quiet.startedAt;
            watch.judge(quiet.look()).conditions().stream()
                    .filter(condition -> condition.severity().isPresent())
                    .forEach(condition -> said.add(
                            minute(condition) + " " + condition.figures().get("starts")));
        }
        assertThat(said).containsExactly("3 1", "4 1");
    }

    /** The order came 30 s after the start, so it does not explain that start. */
    @Test
    void anOrderDoesNotExplainAStartBeforeIt() {
        DatabaseWatch watch = new DatabaseWatch();
        watch.use(List.of(Looks.rule(new RestartRule(), "1", "3")));
        watch.judge(new Looks.Quiet().look());
        Looks.Quiet quiet = new Looks.Quiet();
        quiet.at = NOON.plusSeconds(60);
        quiet.startedAt = NOON.plusSeconds(20);
        quiet.recoveredAt = quiet.startedAt;
        quiet.lastOrder = Optional.of(NOON.plusSeconds(50));

        assertThat(watch.judge(quiet.look()).conditions())
                .singleElement()
                .satisfies(condition -> assertThat(condition.severity()).isPresent());
    }

    @Test
    void startWithALateOrderIsNotCounted() {
        DatabaseWatch watch = new DatabaseWatch();
        watch.use(List.of(Looks.rule(new RestartRule(), "1", "3")));
        List<String> said = new ArrayList<>();
        for (int minute = 0; minute <= 15; minute++) {
            Looks.Quiet quiet = new Looks.Quiet();
            quiet.at = NOON.plus(Duration.ofMinutes(minute));
            if (minute >= 5) {
                quiet.startedAt = NOON.plus(Duration.ofMinutes(minute / 5 * 5L));
                quiet.recoveredAt = quiet.startedAt;
            }
            if (minute > 5) {
                quiet.lastOrder = Optional.of(NOON.plus(Duration.ofMinutes(5)).minusSeconds(3));
            }
            watch.judge(quiet.look()).conditions().stream()
                    .filter(condition -> condition.severity().isPresent())
                    .forEach(condition -> said.add(
                            minute(condition) + " " + condition.figures().get("starts")));
        }
        assertThat(said).startsWith("5 1", "10 1").endsWith("15 2").hasSize(7);
    }

    private static long minute(Condition condition) {
        return Duration.between(NOON, condition.at()).toMinutes();
    }
}
