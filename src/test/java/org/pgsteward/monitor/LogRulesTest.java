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
import org.pgsteward.monitor.LogEvent.Reason;
import org.pgsteward.postgres.ServerLog;

/** The counting of log lines, and the alerts about them with the shipped levels. */
@Tag("fast")
class LogRulesTest {
    private static final String WEB = "172.18.0.5";
    private static final Map<String, String> NAMES = Map.of(WEB, "web");

    private final Looks.Quiet server = new Looks.Quiet();
    private final List<LogEvent.Refused> refused = new ArrayList<>();
    private final List<LogEvent.Slow> slow = new ArrayList<>();
    private Optional<Map<String, String>> owners = Optional.empty();

    @Test
    void wrongPasswordNamesContainerServiceAndRemedy() {
        refuse(3, "vikunja", "vikunja", WEB, Reason.WRONG_PASSWORD);
        refuse(1, "vikunja", "gone", "", Reason.NO_DATABASE);

        Condition condition = bad(new FailedLoginRule(), "3").get(0);

        assertThat(condition.key()).isEqualTo("logins-failed:vikunja");
        assertThat(condition.reason())
                .isEqualTo("4 logins refused in the last 10 min: 3 x wrong password: role vikunja, database vikunja,"
                        + " from web (172.18.0.5); 1 x no such database: role vikunja, database gone; alert from 3 on");
        assertThat(condition.remedy().lines())
                .containsExactly(
                        "docker logs --since 15m postgresql 2>&1 | grep FATAL | tail -20",
                        "pgsteward doctor   # finds the wrong password, name or privilege",
                        "pgsteward provision vikunja");
        assertThat(condition.figures())
                .containsEntry("from", "web (172.18.0.5)")
                .containsEntry("refused", 4);
    }

    @Test
    void loginsOfNoServiceCountForTheServer() {
        refuse(3, "admin", "postgres", WEB, Reason.NO_HBA_LINE);

        assertThat(bad(new FailedLoginRule(), "3"))
                .extracting(Condition::key)
                .containsExactly("logins-failed:postgresql");
    }

    @Test
    void databaseIdentifiesTheServiceWithoutARole() {
        refuse(3, "", "vikunja", "", Reason.NO_RIGHT);

        assertThat(bad(new FailedLoginRule(), "3")).extracting(Condition::key).containsExactly("logins-failed:vikunja");
    }

    @Test
    void failuresBeforeItsDatabaseExistedDoNotCount() {
        server.enrolledAt = Optional.of(NOON.minusSeconds(5));
        refuse(9, "vikunja", "vikunja", WEB, Reason.NO_ROLE);

        assertThat(bad(new FailedLoginRule(), "3")).isEmpty();
    }

    @Test
    void failuresInTheFirstMinuteOfADatabaseDoNotCount() {
        server.enrolledAt = Optional.of(NOON.minusSeconds(50));
        refuse(9, "vikunja", "vikunja", WEB, Reason.WRONG_PASSWORD);

        assertThat(bad(new FailedLoginRule(), "3")).isEmpty();
    }

    /** On a host at load 60 a service waited for minutes until pgsteward had created its role. */
    @Test
    void recentFailuresOfAnUnknownRoleDoNotCount() {
        refuse(9, "newcomer", "newcomer", WEB, Reason.NO_ROLE);
        refuse(9, "newcomer", "newcomer", WEB, Reason.WRONG_PASSWORD);
        assertThat(bad(new FailedLoginRule(), "3")).isEmpty();

        refused.replaceAll(one -> before(one, LogTally.ENROLLING));
        assertThat(bad(new FailedLoginRule(), "3"))
                .extracting(Condition::key)
                .containsExactly("logins-failed:postgresql");
    }

    /** pgsteward sets the role's password to that of its new container. On a busy host this takes a minute or two. */
    @Test
    void newPasswordOfItsContainerDoesNotCountUntilSet() {
        owners = Optional.of(Map.of("web", "vikunja"));
        refuse(9, "vikunja", "vikunja", WEB, Reason.WRONG_PASSWORD);
        assertThat(bad(new FailedLoginRule(), "3")).isEmpty();

        refused.replaceAll(one -> before(one, LogTally.ENROLLING));
        assertThat(bad(new FailedLoginRule(), "3")).extracting(Condition::key).containsExactly("logins-failed:vikunja");

        server.passwordSetAt = Optional.of(NOON.minusSeconds(60));
        assertThat(bad(new FailedLoginRule(), "3")).isEmpty();
    }

    /** The new container of an update is no stranger, even before pgsteward has inspected it. */
    @Test
    void failuresOfAnUnknownContainerDoNotCount() {
        owners = Optional.of(Map.of());
        refuse(9, "vikunja", "vikunja", WEB, Reason.WRONG_PASSWORD);
        assertThat(bad(new FailedLoginRule(), "3")).isEmpty();

        owners = Optional.of(Map.of("web", ""));
        assertThat(bad(new FailedLoginRule(), "3")).extracting(Condition::key).containsExactly("logins-failed:web");
    }

    @Test
    void aWrongPasswordSinceThePasswordWasSetCounts() {
        server.passwordSetAt = Optional.of(NOON.minusSeconds(60));
        refuse(9, "vikunja", "vikunja", WEB, Reason.WRONG_PASSWORD);

        assertThat(bad(new FailedLoginRule(), "3")).hasSize(1);
    }

    @Test
    void failuresBeforeALoginOfTheSameClientDoNotCount() {
        refuse(9, "vikunja", "vikunja", WEB, Reason.WRONG_PASSWORD);
        server.present.add(new DatabaseObservation.Presence("vikunja", "vikunja", WEB, NOON.minusSeconds(5)));

        assertThat(bad(new FailedLoginRule(), "3")).isEmpty();
    }

    @Test
    void onlyALaterLoginOfTheSameClientClearsFailures() {
        refuse(9, "vikunja", "vikunja", WEB, Reason.WRONG_PASSWORD);
        server.present.add(new DatabaseObservation.Presence("vikunja", "vikunja", "172.18.0.6", NOON.minusSeconds(5)));
        server.present.add(new DatabaseObservation.Presence("vikunja", "vikunja", WEB, NOON.minusSeconds(500)));

        assertThat(bad(new FailedLoginRule(), "3")).hasSize(1);
    }

    @Test
    void aRefusalOfAStrangersContainerCountsUnderItsName() {
        refuse(9, "vikunja", "vikunja", WEB, Reason.WRONG_PASSWORD);
        refused.replaceAll(one -> before(one, LogTally.ENROLLING));
        owners = Optional.of(Map.of("web", "vikunja"));
        assertThat(bad(new FailedLoginRule(), "3")).extracting(Condition::key).containsExactly("logins-failed:vikunja");

        owners = Optional.of(Map.of("web", "wiki"));
        assertThat(bad(new FailedLoginRule(), "3")).singleElement().satisfies(condition -> {
            assertThat(condition.key()).isEqualTo("logins-failed:web");
            assertThat(condition.reason()).contains("9 x wrong password: role vikunja");
            assertThat(condition.remedy()).endsWith("\ndocker stop web").doesNotContain("provision");
        });
    }

    @Test
    void failuresOlderThanTenMinutesDoNotCount() {
        refused.add(new LogEvent.Refused(
                NOON.minus(LogObservation.REFUSALS), "1", "vikunja", "vikunja", WEB, Reason.WRONG_PASSWORD));
        refuse(2, "vikunja", "vikunja", WEB, Reason.WRONG_PASSWORD);

        assertThat(bad(new FailedLoginRule(), "3")).isEmpty();
        assertThat(bad(new FailedLoginRule(), "2")).hasSize(1);
    }

    @Test
    void mostFrequentAttemptsAreNamed() {
        for (int n = 1; n <= 6; n++) {
            refuse(n, "vikunja", "guess" + n, WEB, Reason.NO_DATABASE);
        }

        assertThat(bad(new FailedLoginRule(), "3").get(0).reason())
                .startsWith(
                        "21 logins refused in the last 10 min: 6 x no such database: role vikunja, database guess6,")
                .endsWith("; 6 more; alert from 3 on");
    }

    @Test
    void eachReasonHasARemedyOfItsOwn() {
        for (Reason reason : Reason.values()) {
            refused.clear();
            refuse(3, "vikunja", "vikunja", WEB, reason);
            String remedy = bad(new FailedLoginRule(), "3").get(0).remedy();
            assertThat(remedy.lines())
                    .hasSizeGreaterThan(1)
                    .allMatch(line -> line.matches("(docker exec|docker logs|pgsteward|#) ?.*"));
        }
    }

    @Test
    void slowStatementsOfServicesAreCountedWithoutText() {
        for (int n = 0; n < 10; n++) {
            slow.add(new LogEvent.Slow(NOON.minusSeconds(60L * n), "vikunja", "vikunja", 6 + n));
            slow.add(new LogEvent.Slow(NOON.minusSeconds(60L * n), "homelab", "vikunja", 600));
        }

        assertThat(bad(new SlowStatementRule(), "10")).singleElement().satisfies(condition -> {
            assertThat(condition.key()).isEqualTo("statements-slow:vikunja");
            assertThat(condition.reason())
                    .isEqualTo(
                            "10 statements took longer than 5.0 s in the last 1 h, the longest 15.0 s; alert from 10 on");
        });
    }

    @Test
    void slowStatementsAreNotReadFromTheLogWithoutNeed() {
        slow.add(new LogEvent.Slow(NOON, "vikunja", "vikunja", 600));
        assertThat(bad(new SlowStatementRule(), "1")).hasSize(1);

        server.queries = Optional.of(List.of());
        assertThat(look().slow()).isEmpty();
        server.queries = Optional.empty();
        server.log = new ServerLog(ServerLog.PREFIX, true, Optional.empty());
        assertThat(look().slow()).isEmpty();
    }

    private void refuse(int times, String user, String database, String client, Reason reason) {
        for (int n = 0; n < times; n++) {
            refused.add(new LogEvent.Refused(
                    NOON.minus(Duration.ofSeconds(10 + n)), "session" + n, user, database, client, reason));
        }
    }

    private static LogEvent.Refused before(LogEvent.Refused one, Duration earlier) {
        return new LogEvent.Refused(
                one.at().minus(earlier), one.session(), one.user(), one.database(), one.client(), one.reason());
    }

    private LogObservation look() {
        DatabaseObservation quiet = server.look();
        LogTally tally = new LogTally(quiet, NOON, owners);
        return new LogObservation(NOON, quiet.console(), tally.refusals(refused, NAMES), tally.slow(slow));
    }

    private List<Condition> bad(MetricRule<LogObservation> rule, String warn) {
        rule.use(WrittenLevels.of(warn, "off"));
        LogWatch watch = new LogWatch();
        watch.use(List.of(rule));
        return watch.judge(look()).conditions().stream()
                .filter(condition -> condition.severity().isPresent())
                .toList();
    }
}
