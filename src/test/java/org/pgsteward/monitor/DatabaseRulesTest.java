package org.pgsteward.monitor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pgsteward.monitor.Looks.MIB;
import static org.pgsteward.monitor.Looks.NOON;
import static org.pgsteward.monitor.Looks.session;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.pgsteward.camel.receivers.CapturedLog;
import org.pgsteward.model.Condition;

/** Verdicts of the rules on readings of PostgreSQL. */
@Tag("fast")
class DatabaseRulesTest {

    @ParameterizedTest(name = "{0}")
    @MethodSource("scenarios")
    void eachScenarioHasItsText(
            String why,
            MetricRule<DatabaseObservation> rule,
            Consumer<Looks.Quiet> before,
            Consumer<Looks.Quiet> now,
            String expected,
            String remedy) {
        Looks.Quiet earlier = new Looks.Quiet();
        earlier.at = NOON.minus(Duration.ofMinutes(40));
        before.accept(earlier);
        Looks.Quiet look = new Looks.Quiet();
        now.accept(look);
        DatabaseWatch watch = new DatabaseWatch();
        watch.use(List.of(rule));
        watch.judge(earlier.look());

        List<String> said = watch.judge(look.look()).conditions().stream()
                .filter(condition -> condition.severity().isPresent())
                .peek(condition -> assertThat(condition.remedy()).contains(remedy))
                .map(Looks::words)
                .toList();

        assertThat(said).as(why).isEqualTo(expected.isEmpty() ? List.of() : List.of(expected));
    }

    static Stream<Arguments> scenarios() {
        return Stream.of(
                scenario(
                        "connections below the level: no alert",
                        Looks.rule(new ConnectionsRule(), "80%", "95%"),
                        n -> n.sessions = 70,
                        "",
                        ""),
                scenario(
                        "connections near the maximum, without those reserved for superusers",
                        Looks.rule(new ConnectionsRule(), "80%", "95%"),
                        n -> n.sessions = 80,
                        "warning connections-near-maximum:postgresql 80 of 97 connections in use (82%); most: vikunja 1;"
                                + " alert from 80% on",
                        "docker exec postgresql psql -U homelab -d homelab -c \"SELECT datname"),
                scenario(
                        "NOTIFY queue nearly empty",
                        Looks.rule(new NotifyQueueRule(), "5%", "40%"),
                        n -> n.notifyShare = 0.04,
                        "",
                        ""),
                scenario(
                        "NOTIFY queue fills, no long transaction",
                        Looks.rule(new NotifyQueueRule(), "5%", "40%"),
                        n -> n.notifyShare = 0.5,
                        "critical notify-queue-filling:postgresql the queue of NOTIFY is 50% full. When it is full, NOTIFY"
                                + " fails in every service, with its transaction. A listening session with an open"
                                + " transaction keeps it full; critical from 40% on",
                        "ORDER BY xact_start LIMIT 10"),
                scenario(
                        "a service near its own limit",
                        Looks.rule(new ServiceConnectionsRule(), "80%", "off"),
                        n -> n.counted = 45,
                        "warning service-connections-near-limit:vikunja 45 of its limit of 50 connections in use"
                                + " (90%); alert from 80% on",
                        "WHERE datname = 'vikunja'"),
                scenario(
                        "service without a connection limit: no alert",
                        Looks.rule(new ServiceConnectionsRule(), "80%", "off"),
                        n -> {
                            n.limit = Optional.empty();
                            n.counted = 90;
                        },
                        "",
                        ""),
                scenario(
                        "long active transaction",
                        Looks.rule(new TransactionRule(), "1h", "12h"),
                        n -> n.transactions.add(
                                new DatabaseObservation.Transaction("vikunja", session(11), false, 7300, 0)),
                        "warning transaction-long:vikunja a transaction of pid 11 (vikunja, web-1, 172.18.0.5) has been"
                                + " open for 2 h 1 min, and its session is active; alert from 1 h on",
                        "\"SELECT pg_terminate_backend(11)\""),
                scenario(
                        "names the oldest of several transactions, with its idle time",
                        Looks.rule(new TransactionRule(), "1h", "2h"),
                        n -> {
                            n.transactions.add(
                                    new DatabaseObservation.Transaction("vikunja", session(11), true, 7300, 100));
                            n.transactions.add(
                                    new DatabaseObservation.Transaction("vikunja", session(12), false, 90, 0));
                        },
                        "critical transaction-long:vikunja a transaction of pid 11 (vikunja, web-1, 172.18.0.5) has been"
                                + " open for 2 h 1 min, idle in transaction for the last 1 min 40 s; critical from 2 h on",
                        "pg_terminate_backend(11)"),
                scenario(
                        "transaction idle for a short time: no alert",
                        Looks.rule(new TransactionRule.Idle(), "10m", "2h"),
                        n -> n.transactions.add(
                                new DatabaseObservation.Transaction("vikunja", session(11), true, 7300, 100)),
                        "",
                        ""),
                scenario(
                        "names the transaction that was idle longest",
                        Looks.rule(new TransactionRule.Idle(), "10m", "2h"),
                        n -> {
                            n.transactions.add(
                                    new DatabaseObservation.Transaction("vikunja", session(11), true, 900, 100));
                            n.transactions.add(
                                    new DatabaseObservation.Transaction("vikunja", session(12), true, 800, 700));
                        },
                        "warning transaction-idle:vikunja pid 12 (vikunja, web-1, 172.18.0.5) has been idle in transaction"
                                + " for 11 min 40 s: its application began a transaction and did not end it; alert from 10 min on",
                        "pg_terminate_backend(12)"),
                scenario(
                        "lock queue: names the blockers, suggests ending the session at its head",
                        Looks.rule(new LockRule(), "1m", "10m"),
                        n -> {
                            n.waits.add(wait(21, 70, 22, 23));
                            n.waits.add(wait(22, 65, 23));
                        },
                        "warning lock-waiting:vikunja pid 21 (vikunja, web-1, 172.18.0.5) has waited 1 min 10 s for a lock"
                                + " of pid 22 (vikunja, web-1, 172.18.0.5), which is idle in transaction and has had a"
                                + " transaction open for 2 min and pid 23 (vikunja, web-1, 172.18.0.5), which is idle in"
                                + " transaction and has had a transaction open for 2 min; 2 sessions wait in all;"
                                + " alert from 1 min on",
                        "pg_terminate_backend(23)"),
                scenario(
                        "locks of a prepared transaction without a session",
                        Looks.rule(new LockRule(), "1m", "10m"),
                        n -> n.waits.add(new DatabaseObservation.Wait(
                                "vikunja",
                                session(21),
                                700,
                                List.of(new DatabaseObservation.Blocker(Optional.empty(), "", 0)))),
                        "critical lock-waiting:vikunja pid 21 (vikunja, web-1, 172.18.0.5) has waited 11 min 40 s for a"
                                + " lock of a prepared transaction; critical from 10 min on",
                        "pg_prepared_xacts"),
                scenario(
                        "no new deadlocks: no alert",
                        Looks.rule(new DeadlockRule(), "1", "off"),
                        DatabaseRulesTest::nothing,
                        DatabaseRulesTest::nothing,
                        "",
                        ""),
                scenario(
                        "deadlocks since the previous reading",
                        Looks.rule(new DeadlockRule(), "1", "off"),
                        n -> n.deadlocks = 9,
                        "warning deadlock:vikunja 2 deadlocks in the last 40 min: PostgreSQL rolled back one transaction"
                                + " each time",
                        "docker logs --since 2h postgresql"),
                scenario(
                        "counters reset: counts all their deadlocks",
                        Looks.rule(new DeadlockRule(), "1", "off"),
                        n -> n.deadlocks = 1,
                        "warning deadlock:vikunja 1 deadlock in the last 40 min: PostgreSQL rolled back one transaction"
                                + " each time",
                        ""),
                scenario(
                        "database renamed: no alert for its earlier deadlocks",
                        Looks.rule(new DeadlockRule(), "1", "off"),
                        b -> b.service = "vikunja_db",
                        DatabaseRulesTest::nothing,
                        "",
                        ""),
                scenario(
                        "database renamed: counts its later deadlocks",
                        Looks.rule(new DeadlockRule(), "1", "off"),
                        b -> b.service = "vikunja_db",
                        n -> n.deadlocks = 8,
                        "warning deadlock:vikunja 1 deadlock in the last 40 min: PostgreSQL rolled back one transaction"
                                + " each time",
                        ""),
                scenario(
                        "database replaced by a restore: counts all its deadlocks",
                        Looks.rule(new DeadlockRule(), "1", "off"),
                        b -> b.oid = 16_399,
                        n -> n.deadlocks = 7,
                        "warning deadlock:vikunja 7 deadlocks in the last 40 min: PostgreSQL rolled back one transaction"
                                + " each time",
                        ""),
                scenario(
                        "old transaction ids",
                        Looks.rule(new IdAgeRule(), "500m", "1500m"),
                        n -> n.idAge = 600_000_000,
                        "warning transaction-ids-old:vikunja its oldest row is 600 million transactions old; at 2100"
                                + " million PostgreSQL stops writing; alert from 500 million on",
                        "psql -U homelab -d vikunja -c \"VACUUM (FREEZE)\""),
                scenario(
                        "a large database",
                        Looks.rule(new SizeRule(), "50m", "off"),
                        DatabaseRulesTest::nothing,
                        "warning database-large:vikunja its database has a size of 100 MiB; alert from 50 MiB on",
                        "pg_total_relation_size"),
                scenario(
                        "size alert off: no alert",
                        Looks.rule(new SizeRule(), "off", "off"),
                        DatabaseRulesTest::nothing,
                        "",
                        ""),
                scenario(
                        "a database that grows",
                        Looks.rule(new GrowthRule(), "1g", "off"),
                        n -> n.sizeBytes = 1300 * MIB,
                        "warning database-growing:vikunja its database grew by 1.2 GiB in 40 min, from 100 MiB to 1.3 GiB;"
                                + " alert from 1 GiB on",
                        "pg_total_relation_size"),
                scenario(
                        "database replaced by a restore: no growth",
                        Looks.rule(new GrowthRule(), "1g", "off"),
                        b -> b.oid = 16_399,
                        n -> n.sizeBytes = 1300 * MIB,
                        "",
                        ""),
                scenario(
                        "database filled under another name: no growth",
                        Looks.rule(new GrowthRule(), "1g", "off"),
                        b -> b.service = "pgsteward_restore_0a1b2c3d",
                        n -> n.sizeBytes = 1300 * MIB,
                        "",
                        ""),
                scenario(
                        "database shrinks: no growth",
                        Looks.rule(new GrowthRule(), "1g", "off"),
                        n -> n.sizeBytes = MIB,
                        "",
                        ""),
                scenario(
                        "service never connected since its enrolment",
                        Looks.rule(new UnconnectedRule(), "7d", "off"),
                        n -> {
                            n.enrolledAt = Optional.of(NOON.minus(Duration.ofDays(8)));
                            n.lastSession = Optional.empty();
                        },
                        "info service-unconnected:vikunja it has had no session for 8 days, since its"
                                + " enrolment; alert from 7 days on",
                        "pgsteward doctor"),
                scenario(
                        "service watched for less than the level: no alert",
                        Looks.rule(new UnconnectedRule(), "7d", "off"),
                        n -> {
                            n.watchedSince = NOON.minus(Duration.ofDays(1));
                            n.lastSession = Optional.empty();
                        },
                        "",
                        ""),
                scenario(
                        "service connected within the week: no alert",
                        Looks.rule(new UnconnectedRule(), "7d", "off"),
                        n -> n.lastSession = Optional.of(NOON.minus(Duration.ofDays(6))),
                        "",
                        ""),
                scenario(
                        "service connected earlier, not within the week",
                        Looks.rule(new UnconnectedRule(), "7d", "off"),
                        n -> n.lastSession = Optional.of(NOON.minus(Duration.ofDays(9))),
                        "info service-unconnected:vikunja it has had no session for 9 days; alert from 7 days on",
                        ""),
                scenario(
                        "unexpected restart of PostgreSQL",
                        Looks.rule(new RestartRule(), "1", "3"),
                        n -> {
                            n.startedAt = NOON.minusSeconds(60);
                            n.recoveredAt = n.startedAt;
                        },
                        "warning postgres-restarted:postgresql PostgreSQL restarted unexpectedly at 2026-05-01T11:59:00Z,"
                                + " and runs again",
                        "docker logs --since 2h postgresql"),
                scenario(
                        "restart ordered by the operator: no alert",
                        Looks.rule(new RestartRule(), "1", "3"),
                        n -> {
                            n.startedAt = NOON.minusSeconds(60);
                            n.recoveredAt = n.startedAt;
                            n.lastOrder = Optional.of(n.startedAt.minusSeconds(3));
                        },
                        "",
                        ""),
                scenario(
                        "process killed, container still running",
                        Looks.rule(new RestartRule(), "1", "3"),
                        n -> n.recoveredAt = NOON.minusSeconds(30),
                        "warning postgres-restarted:postgresql a process of PostgreSQL was killed or crashed, and"
                                + " PostgreSQL ended all sessions at 2026-05-01T11:59:30Z, and answers again",
                        "docker stats"),
                scenario(
                        "memory settings within the limit",
                        Looks.rule(new SettingsRule(), "100%", "off"),
                        DatabaseRulesTest::nothing,
                        "",
                        ""),
                scenario(
                        "PostgreSQL's default settings exceed a limit of 256 MiB",
                        Looks.rule(new SettingsRule(), "100%", "off"),
                        n -> n.memory = new DatabaseObservation.MemorySettings(128 * MIB, 4 * MIB, 64 * MIB, 3),
                        "info settings-too-large:postgresql PostgreSQL's settings allow 720 MiB of memory, 281% of"
                                + " its container's limit of 256 MiB: 128 MiB shared_buffers + 3 autovacuum workers of"
                                + " 64 MiB + 100 connections with a work_mem of 4 MiB; alert from 100% on",
                        "\"ALTER SYSTEM SET shared_buffers = '64MB'\""),
                scenario(
                        "container without a memory limit: no alert",
                        Looks.rule(new SettingsRule(), "100%", "off"),
                        n -> {
                            n.memory = new DatabaseObservation.MemorySettings(128 * MIB, 4 * MIB, 64 * MIB, 3);
                            n.limitBytes = Optional.of(0L);
                        },
                        "",
                        ""),
                scenario(
                        "no pg_stat_statements: no alert",
                        Looks.rule(new SlowQueryRule(), "2s", "off"),
                        DatabaseRulesTest::nothing,
                        "",
                        ""),
                scenario(
                        "statement slow in the last hour, fast before",
                        Looks.rule(new SlowQueryRule(), "2s", "off"),
                        b -> b.queries =
                                Optional.of(List.of(new DatabaseObservation.Query(16_400, "vikunja", -42, 1000, 100))),
                        n -> n.queries =
                                Optional.of(List.of(new DatabaseObservation.Query(16_400, "vikunja", -42, 1010, 130))),
                        "warning query-slow:vikunja statement -42 took 3000 ms on average, 10 times within the hour; alert"
                                + " from 2 s on",
                        "WHERE queryid = -42"),
                scenario(
                        "same query id in two databases: counted separately",
                        Looks.rule(new SlowQueryRule(), "2s", "off"),
                        b -> b.queries = Optional.of(List.of(
                                new DatabaseObservation.Query(16_400, "vikunja", 7, 1000, 5000),
                                new DatabaseObservation.Query(16_401, "wiki", 7, 2000, 2))),
                        n -> n.queries = Optional.of(List.of(
                                new DatabaseObservation.Query(16_400, "vikunja", 7, 1010, 5000.1),
                                new DatabaseObservation.Query(16_401, "wiki", 7, 900_000, 90))),
                        "",
                        ""),
                scenario(
                        "database renamed: no alert for its earlier slow statement",
                        Looks.rule(new SlowQueryRule(), "2s", "off"),
                        b -> b.queries =
                                Optional.of(List.of(new DatabaseObservation.Query(16_400, "vikunja_db", 7, 10, 100))),
                        n -> n.queries =
                                Optional.of(List.of(new DatabaseObservation.Query(16_400, "vikunja", 7, 10, 100))),
                        "",
                        ""),
                scenario(
                        "slow statement that no longer runs: no alert",
                        Looks.rule(new SlowQueryRule(), "2s", "off"),
                        b -> b.queries =
                                Optional.of(List.of(new DatabaseObservation.Query(16_400, "vikunja", -42, 10, 100))),
                        n -> n.queries =
                                Optional.of(List.of(new DatabaseObservation.Query(16_400, "vikunja", -42, 10, 100))),
                        "",
                        ""));
    }

    @Test
    void healthyStateIsReportedOnceAndDroppedDatabasesLeave() {
        DatabaseWatch watch = new DatabaseWatch();
        watch.use(List.of(Looks.rule(new IdAgeRule(), "500m", "off")));
        Looks.Quiet quiet = new Looks.Quiet();

        assertThat(watch.judge(quiet.look()).conditions())
                .extracting(Condition::key)
                .containsExactly("transaction-ids-old:vikunja");
        MetricWatch.Judged again = watch.judge(quiet.look());
        assertThat(again.conditions()).isEmpty();
        assertThat(again.subjects()).containsExactly("transaction-ids-old:vikunja");

        DatabaseObservation look = quiet.look();
        MetricWatch.Judged dropped = watch.judge(new DatabaseObservation(
                look.at(),
                look.console(),
                look.server(),
                List.of(),
                List.of(),
                List.of(),
                Optional.empty(),
                List.of(),
                Upkeep.NONE));
        assertThat(dropped.subjects()).isEmpty();
        assertThat(dropped.kinds()).containsExactly("transaction-ids-old");
    }

    /**
     * The first reading may precede Docker's first list. The alert registry may still have alerts from before the
     * restart.
     */
    @Test
    void unknownLimitNeitherFiresNorResolves() {
        DatabaseWatch watch = new DatabaseWatch();
        watch.use(List.of(Looks.rule(new SettingsRule(), "100%", "off")));
        Looks.Quiet early = new Looks.Quiet();
        early.limitBytes = Optional.empty();

        MetricWatch.Judged judged = watch.judge(early.look());
        assertThat(judged.conditions()).isEmpty();
        assertThat(judged.subjects()).containsExactly("settings-too-large:postgresql");

        early.limitBytes = Optional.of(0L);
        assertThat(watch.judge(early.look()).subjects())
                .as("no memory limit: alert resolves")
                .isEmpty();
    }

    /** A rule with a bug: it throws at an unexpected figure, after it found problems in earlier readings. */
    private static final class FailingRule extends MetricRule<DatabaseObservation> {
        FailingRule() {
            super("figure-odd", Unit.COUNT);
        }

        @Override
        List<Finding> look(DatabaseObservation now, List<DatabaseObservation> past) {
            int sessions = now.server().sessions();
            return List.of(new Finding("vikunja", Math.floorDiv(12, sessions), "odd", "", java.util.Map.of()));
        }
    }

    @Test
    void failingRuleIsNamedOnceAndAffectsNoOtherAlert() {
        DatabaseWatch watch = new DatabaseWatch();
        watch.use(List.of(Looks.rule(new FailingRule(), "1", "off"), Looks.rule(new SizeRule(), "50m", "off")));
        Looks.Quiet odd = new Looks.Quiet();
        odd.sessions = 0;
        assertThat(watch.judge(new Looks.Quiet().look()).conditions()).hasSize(2);

        try (CapturedLog log = new CapturedLog()) {
            for (int times = 0; times < 2; times++) {
                MetricWatch.Judged judged = watch.judge(odd.look());
                assertThat(judged.conditions()).extracting(Condition::kind).containsExactly("database-large");
                assertThat(judged.kinds())
                        .as("the failed rule must not resolve its alerts")
                        .containsExactly("database-large");
                assertThat(watch.glance(odd.look())).extracting(Condition::kind).containsExactly("database-large");
            }
            assertThat(log.text()).containsOnlyOnce("the check of figure-odd failed and is skipped");
        }
        assertThat(watch.judge(new Looks.Quiet().look()).kinds()).contains("figure-odd");
    }

    @Test
    void namesWithQuotesStayOneWordForTheShell() {
        assertThat(Looks.CONSOLE.psql("it's", "SELECT 1"))
                .isEqualTo("docker exec postgresql psql -U homelab -d 'it'\\''s' -c \"SELECT 1\"");
        assertThat(Looks.CONSOLE.psql("SELECT '$(x)'"))
                .isEqualTo("docker exec postgresql psql -U homelab -d homelab -c 'SELECT '\\''$(x)'\\'''");
    }

    /** Leaves the reading quiet. */
    private static void nothing(Looks.Quiet quiet) {
        assertThat(quiet.transactions).isEmpty();
    }

    private static DatabaseObservation.Wait wait(int pid, double seconds, int... blockers) {
        return new DatabaseObservation.Wait(
                "vikunja",
                session(pid),
                seconds,
                java.util.Arrays.stream(blockers)
                        .mapToObj(blocker -> new DatabaseObservation.Blocker(
                                Optional.of(session(blocker)), "idle in transaction", 120))
                        .toList());
    }

    private static Arguments scenario(
            String why,
            MetricRule<DatabaseObservation> rule,
            Consumer<Looks.Quiet> now,
            String expected,
            String remedy) {
        return scenario(why, rule, DatabaseRulesTest::nothing, now, expected, remedy);
    }

    private static Arguments scenario(
            String why,
            MetricRule<DatabaseObservation> rule,
            Consumer<Looks.Quiet> before,
            Consumer<Looks.Quiet> now,
            String expected,
            String remedy) {
        return Arguments.of(why, rule, before, now, expected, remedy);
    }
}
