package org.pgsteward.postgres.guard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.entry;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.Socket;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.pgsteward.model.Secret;
import org.pgsteward.postgres.NeedsPostgres;
import org.pgsteward.postgres.TestCluster;

@NeedsPostgres
@Timeout(600)
class ServerGuardIT {
    private static final Duration PATIENCE = Duration.ofMinutes(8);
    private static final Secret WIKIS = new Secret("wikis");

    private static final String TAKE_ALL = "DO $$ BEGIN FOR n IN 1..1000000 LOOP BEGIN PERFORM pg_advisory_lock(n);"
            + " EXCEPTION WHEN OTHERS THEN EXIT; END; END LOOP; END $$";

    /** Creates the table with the columns that the guard reads. */
    private static final String ENROLLED = "CREATE TABLE public.service_configs AS SELECT 'wiki' AS service_name,"
            + " 'wiki' AS role_name, NULL::timestamp AS quarantined_at";

    /** PostgreSQL does not interrupt a multiplication of large numbers. */
    private static final String ENDLESS = "SELECT a * a = a * a" + " AND a * a = a * a".repeat(1000)
            + " FROM (SELECT repeat('7', 65000)::numeric AS a OFFSET 0) AS s";

    private TestCluster cluster;
    private final AtomicInteger rests = new AtomicInteger();
    private ServerGuard guard;
    private Connection administrator;

    @BeforeEach
    void start() throws Exception {
        cluster = TestCluster.start();
        cluster.run(
                "homelab",
                "CREATE ROLE wiki LOGIN PASSWORD 'wikis'",
                "CREATE DATABASE wiki OWNER wiki",
                "CREATE TABLE public.backup_log (n int)");
        guard = new ServerGuard(cluster.server(), FreeSpace.UNKNOWN);
        assertThat(guard.check().terminated()).isEmpty();
        administrator = cluster.server().connect("homelab");
    }

    @AfterEach
    void stop() throws SQLException, IOException {
        guard.close();
        administrator.close();
        cluster.close();
    }

    /** PostgreSQL locks the table before it checks the privilege, and every login reads this table. */
    @Test
    void roleBlockingAllLoginsIsTerminated() throws Exception {
        try (Connection first = as("wiki");
                Connection second = as("wiki")) {
            run(first, "CREATE TABLE mine (n int)", "BEGIN", "LOCK TABLE mine");
            // This makes the guard's cached data about the role out of date.
            run(second, "ALTER ROLE wiki SET work_mem = '1MB'");
            Thread attack = attack(
                    second,
                    "CREATE RULE r AS ON INSERT TO pg_authid WHERE (SELECT count(*) FROM mine) > 0"
                            + " DO INSTEAD NOTHING");
            awaitLock("pg_authid");

            List<TerminatedSession> ended = guard.check().terminated();

            assertThat(ended).extracting(TerminatedSession::role).containsExactly("wiki");
            assertThat(ended.get(0).reason()).matches("locked pg_authid \\(\\w+Lock\\)");
            assertThat(ended.get(0).database()).isEqualTo("wiki");
            attack.join();
            assertThat(second.isValid(5)).isFalse();
            as("wiki").close();
            assertThat(first.isValid(5))
                    .as("the session that locks only its own table survives")
                    .isTrue();
        }
    }

    /**
     * Terminated clients come back. A check every two seconds would leave others only a moment between two of their
     * locks.
     */
    @Test
    void othersLogInAlthoughManySessionsComeBackAgainAndAgain() throws Exception {
        AtomicBoolean over = new AtomicBoolean();
        List<Thread> threads = new ArrayList<>();
        try (Connection first = as("wiki")) {
            run(first, "CREATE TABLE mine (n int)", "BEGIN", "LOCK TABLE mine");
            for (int n = 0; n < 12; n++) {
                threads.add(looping(over, this::comeBackAndLock));
            }
            threads.add(looping(over, this::lookAsTheDaemonDoes));
            awaitLock("pg_authid");

            int before = rests.get();
            for (int n = 0; n < 5; n++) {
                cluster.server().connect("homelab").close();
            }
            assertThat(rests.get() - before)
                    .as("pauses of two seconds without a login")
                    .isLessThan(12);
        } finally {
            over.set(true);
            for (Thread thread : threads) {
                thread.join();
            }
        }
    }

    /** The commit of a shut-out releases locks that other sessions wait for. */
    @Test
    void shutOutKeepsTheLocksOfTheGuard() throws Exception {
        run(administrator, ENROLLED);
        AtomicBoolean over = new AtomicBoolean();
        List<Thread> threads = new ArrayList<>();
        try (Connection first = as("wiki")) {
            run(first, "CREATE TABLE mine (n int)", "BEGIN", "LOCK TABLE mine");
            for (int n = 0; n < 30; n++) {
                threads.add(looping(over, this::comeBackAndLock));
            }
            await().atMost(PATIENCE).until(() -> guard.check().terminated().size() > 5);

            assertThat(guard.shutOut("wiki")).contains("wiki");

            // A session that was logging in at that moment appears late. The next checks terminate it.
            await().atMost(PATIENCE).ignoreExceptions().until(() -> {
                boolean calm = guard.check().terminated().isEmpty();
                cluster.server().connect("homelab").close();
                return calm;
            });
            assertThat(cluster.server().ask("SELECT count(*) FROM pg_stat_activity WHERE usename = 'wiki'"))
                    .isEqualTo("0");
        } finally {
            over.set(true);
            for (Thread thread : threads) {
                thread.join();
            }
        }
    }

    /**
     * The role's sessions come back and change the role again in an open transaction, so the guard's own change has to
     * wait for it.
     */
    @Test
    void aRoleThatChangesItselfIsShutOut() throws Exception {
        run(administrator, ENROLLED);
        AtomicBoolean over = new AtomicBoolean();
        List<Thread> threads = new ArrayList<>();
        try {
            for (int n = 0; n < 20; n++) {
                threads.add(looping(over, this::comeBackAndChangeItself));
            }
            await().atMost(PATIENCE)
                    .until(() -> cluster.server()
                            .ask("SELECT count(*) > 5 FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
                            .equals("t"));

            assertThat(guard.shutOut("wiki")).contains("wiki");

            assertThatThrownBy(() -> as("wiki")).hasMessageContaining("not permitted to log in");
            assertThat(guard.check().terminated()).isEmpty();
        } finally {
            over.set(true);
            for (Thread thread : threads) {
                thread.join();
            }
        }
    }

    private void comeBackAndChangeItself() throws SQLException {
        try (Connection again = as("wiki")) {
            run(again, "BEGIN", "ALTER ROLE wiki PASSWORD 'wikis'", "SELECT pg_sleep(600)");
        }
    }

    private void comeBackAndLock() throws SQLException {
        try (Connection again = as("wiki")) {
            run(
                    again,
                    "CREATE RULE r AS ON INSERT TO pg_authid WHERE (SELECT count(*) FROM mine) > 0 DO INSTEAD NOTHING");
        }
    }

    /** Even without the large reserve, the guard has locks for its own statement. */
    @Test
    void lateGuardShutsOutAHolderOfAllLocks() throws Exception {
        run(administrator, ENROLLED);
        guard.close();
        guard = new ServerGuard(cluster.server(), FreeSpace.UNKNOWN);
        try (Connection first = as("wiki")) {
            run(first, "SELECT pg_advisory_lock(n) FROM generate_series(1, 5000) AS n");
            guard.check();
            attack(first, TAKE_ALL + "; " + ENDLESS);
            await().atMost(PATIENCE)
                    .during(Duration.ofSeconds(2))
                    .untilAsserted(() ->
                            assertThatThrownBy(() -> as("wiki").close()).hasMessageContaining("out of shared memory"));

            assertThat(guard.check().terminated()).isNotEmpty();
            assertThat(guard.shutOut("wiki")).contains("wiki");

            assertThat(guard.shutOut("wiki")).as("the guard still works").contains("wiki");
        }
    }

    private void lookAsTheDaemonDoes() throws SQLException {
        boolean goesOn = guard.check().terminated().size() > 5;
        if (!goesOn) {
            rests.incrementAndGet();
        }
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(goesOn ? 50 : 2000));
    }

    /** An operation that PostgreSQL may refuse. */
    private interface Attempt {
        void make() throws SQLException;
    }

    private static Thread looping(AtomicBoolean over, Attempt attempt) {
        Thread thread = new Thread(() -> {
            while (!over.get()) {
                try {
                    attempt.make();
                } catch (SQLException ended) {
                    // The test expects that the guard ends the session.
                    Thread.onSpinWait();
                }
            }
        });
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    @Test
    void roleLockingTheJournalIsTerminated() throws Exception {
        try (Connection first = as("homelab");
                Connection second = as("homelab")) {
            Thread waiting = attack(first, "BEGIN; LOCK TABLE pg_settings IN ACCESS EXCLUSIVE MODE");
            awaitLock("pg_settings");
            Thread attack = attack(
                    second,
                    "CREATE RULE r AS ON INSERT TO public.backup_log WHERE (SELECT count(*) FROM pg_settings) > 0"
                            + " DO INSTEAD NOTHING");
            awaitLock("public.backup_log");

            assertThat(guard.check().terminated())
                    .extracting(TerminatedSession::reason)
                    .containsExactlyInAnyOrder(
                            "locked pg_settings (AccessExclusiveLock)",
                            "locked public.backup_log (AccessExclusiveLock)");

            attack.join();
            waiting.join();
            assertThat(first.isValid(5)).isFalse();
            run(administrator, "INSERT INTO public.backup_log VALUES (1)");
        }
    }

    @Test
    void locksOnOwnTablesAndReadsAreLeftAlone() throws Exception {
        cluster.run("homelab", "CREATE TABLE public.its_own (n int)", "ALTER TABLE public.its_own OWNER TO wiki");
        try (Connection inHomelab = as("homelab");
                Connection inItsOwn = as("wiki")) {
            run(inHomelab, "BEGIN", "LOCK TABLE public.its_own", "SELECT count(*) FROM pg_database");
            run(inItsOwn, "CREATE TABLE mine (n int)", "BEGIN", "ALTER TABLE mine ADD COLUMN m int");

            assertThat(guard.check().terminated()).isEmpty();

            assertThat(inHomelab.isValid(5) && inItsOwn.isValid(5)).isTrue();
        }
    }

    @Test
    void superuserLockingTheCatalogIsLeftAlone() throws Exception {
        Thread vacuum = attack(administrator, "VACUUM FULL pg_catalog.pg_authid");

        await().atMost(PATIENCE).until(() -> {
            assertThat(guard.check().terminated()).isEmpty();
            return !vacuum.isAlive();
        });
        assertThat(administrator.isValid(5)).isTrue();
    }

    /** An idle session of the guard must not delay vacuum. */
    @Test
    void theGuardHasNoSnapshot() throws Exception {
        guard.check();
        assertThat(cluster.server()
                        .ask("SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in%' AND"
                                + " (backend_xmin IS NOT NULL OR backend_xid IS NOT NULL)"))
                .isEqualTo("0");
        assertThat(cluster.server().ask("SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in%'"))
                .isEqualTo("2");
    }

    /** The transaction of the guard lasts for days. */
    @Test
    void thousandChecksNeedNoMoreServerMemory() throws Exception {
        for (int n = 0; n < 50; n++) {
            guard.check();
            guard.shutOutRoles();
        }
        long before = memoryOfTheGuardsSessions();

        for (int n = 0; n < 1000; n++) {
            guard.check();
            guard.shutOutRoles();
        }

        assertThat(memoryOfTheGuardsSessions()).isBetween(before / 2, before * 3 / 2);
    }

    /** Returns the private memory of the guard's sessions in kB. */
    private long memoryOfTheGuardsSessions() throws SQLException {
        return Long.parseLong(cluster.server()
                .ask(
                        "SELECT sum(substring(pg_read_file('/proc/' || pid || '/status') FROM 'RssAnon:\\s+(\\d+)')::bigint)"
                                + " FROM pg_stat_activity WHERE state LIKE 'idle in%'"));
    }

    /** This role has the lock before the guard starts. */
    @Test
    void uninterruptibleSessionIsReportedAsRunning() throws Exception {
        guard.close();
        try (Connection first = as("homelab")) {
            run(first, "BEGIN", "LOCK TABLE pg_settings IN ACCESS EXCLUSIVE MODE");
            attack(first, ENDLESS);
            awaitLock("pg_settings");

            assertThat(guard.check().terminated())
                    .singleElement()
                    .satisfies(ended -> assertThat(ended.reason() + " " + ended.ended())
                            .isEqualTo("locked pg_settings (AccessExclusiveLock) false"));
        }
    }

    /** The lock table has a fixed size for all sessions together. A login needs locks, and so does every statement. */
    @Test
    void roleTakingAllLocksIsTerminated() throws Exception {
        try (Connection first = as("wiki");
                Connection second = as("wiki")) {
            run(first, TAKE_ALL);
            assertThatThrownBy(() -> as("wiki")).hasMessageContaining("out of shared memory");

            assertThat(guard.check().terminated())
                    .singleElement()
                    .satisfies(
                            ended -> assertThat(ended.reason()).matches("held \\d{4,} of the server's \\d{4,} locks"));

            assertThat(first.isValid(5)).isFalse();
            assertThat(second.isValid(5))
                    .as("the session without locks survives")
                    .isTrue();
            as("wiki").close();
            run(second, "SELECT pg_advisory_lock(n) FROM generate_series(1, 3000) AS n");
            assertThat(guard.check().terminated())
                    .as("enough free locks remain")
                    .isEmpty();
        }
    }

    @Test
    void terminatesTheRoleWithMostLocks() throws Exception {
        run(administrator, "CREATE ROLE photos LOGIN PASSWORD 'wikis'");
        List<Connection> sessions = new ArrayList<>();
        try (Connection neighbour = cluster.server().connectAs("photos", WIKIS, "homelab")) {
            run(neighbour, "SELECT pg_advisory_lock(n) FROM generate_series(1, 1500) AS n");
            for (int i = 1; i <= 5; i++) {
                Connection session = as("wiki");
                sessions.add(session);
                run(session, "SELECT pg_advisory_lock(" + i + ", n) FROM generate_series(1, 1150) AS n");
            }

            assertThat(guard.check().terminated())
                    .hasSize(5)
                    .extracting(TerminatedSession::role)
                    .containsOnly("wiki");

            assertThat(neighbour.isValid(5)).isTrue();
        } finally {
            for (Connection session : sessions) {
                session.close();
            }
        }
    }

    /** An object that many sessions have locked takes one entry. */
    @Test
    void manySessionsThatLockTheSameTablesAreLeftAlone() throws Exception {
        try (Connection owner = as("wiki")) {
            run(
                    owner,
                    "DO $$ BEGIN FOR n IN 1..150 LOOP EXECUTE 'CREATE TABLE t' || n || ' (n int)'; END LOOP; END $$");
        }
        String all = IntStream.rangeClosed(1, 150).mapToObj(n -> "t" + n).collect(Collectors.joining(", "));
        List<Connection> sessions = new ArrayList<>();
        try {
            for (int i = 0; i < 60; i++) {
                Connection session = as("wiki");
                sessions.add(session);
                run(session, "BEGIN", "LOCK TABLE " + all + " IN ACCESS SHARE MODE");
            }

            assertThat(guard.check().terminated()).isEmpty();
        } finally {
            for (Connection session : sessions) {
                session.close();
            }
        }
    }

    /** The statement may run for hours, and no other role can log in. */
    @Test
    void killsTheProcessOfASessionThatCannotBeInterrupted() throws Exception {
        run(administrator, ENROLLED);
        try (Connection first = as("wiki")) {
            Thread attack = attack(first, TAKE_ALL + "; " + ENDLESS);
            List<TerminatedSession> found = new ArrayList<>();
            await().atMost(PATIENCE).until(() -> {
                found.addAll(guard.check().terminated());
                return !found.isEmpty();
            });
            assertThat(guard.shutOut("wiki")).contains("wiki");

            assertThat(guard.killProcess(found.get(0))).isTrue();

            attack.join();
            await().atMost(PATIENCE)
                    .ignoreExceptions()
                    .untilAsserted(() -> cluster.server().connect("homelab").close());
            assertThat(guard.check().terminated()).isEmpty();
            assertThat(guard.killProcess(found.get(0)))
                    .as("the process has ended")
                    .isFalse();
        }
    }

    /** While the statement runs, others can use the locks that the guard has released. */
    @Test
    void othersLogInDespiteAnUninterruptibleLockHolder() throws Exception {
        run(administrator, ENROLLED);
        try (Connection first = as("wiki")) {
            attack(first, TAKE_ALL + "; " + ENDLESS);
            await().atMost(PATIENCE)
                    .during(Duration.ofSeconds(2))
                    .untilAsserted(() ->
                            assertThatThrownBy(() -> as("wiki").close()).hasMessageContaining("out of shared memory"));

            assertThat(guard.check().terminated())
                    .singleElement()
                    .satisfies(ended -> assertThat(ended.ended()).isFalse());

            as("wiki").close();
            assertThat(guard.shutOut("wiki")).contains("wiki");
            assertThatThrownBy(() -> as("wiki")).hasMessageContaining("not permitted to log in");
            run(administrator, "INSERT INTO public.backup_log VALUES (1)");
        }
    }

    @Test
    void shutOutLastsUntilTheLoginIsEnabled() throws Exception {
        run(administrator, ENROLLED, "CREATE ROLE reports LOGIN");
        try (Connection session = as("wiki")) {
            assertThat(guard.shutOut("wiki")).contains("wiki");

            assertThat(session.isValid(5)).isFalse();
        }
        assertThatThrownBy(() -> as("wiki")).hasMessageContaining("not permitted to log in");
        assertThat(guard.shutOutRoles().orElseThrow()).containsExactly(entry("wiki", "wiki"));
        assertThat(guard.check().terminated()).isEmpty();
        assertThat(cluster.server()
                        .ask("SELECT count(*) FROM pg_locks WHERE relation = 'public.service_configs'::regclass"))
                .as("locks on tables of pgsteward")
                .isEqualTo("0");

        assertThat(guard.shutOut("reports")).as("role of no service").isEmpty();
        run(administrator, "ALTER ROLE wiki LOGIN CONNECTION LIMIT 50");
        assertThat(guard.shutOutRoles().orElseThrow()).isEmpty();
        as("wiki").close();
    }

    /** A quarantine marks the service first, and may not reach its role. */
    @Test
    void shutsOutAQuarantinedServiceThatMayStillLogIn() throws Exception {
        run(administrator, ENROLLED, "UPDATE public.service_configs SET quarantined_at = now()");

        assertThat(guard.shutOut("wiki")).contains("wiki");

        assertThatThrownBy(() -> as("wiki")).hasMessageContaining("not permitted to log in");
        assertThat(guard.shutOut("wiki")).as("quarantined role without LOGIN").isEmpty();
    }

    /** pgsteward's tables do not exist before its first start. */
    @Test
    void shutsOutNoRoleWithoutAService() throws Exception {
        assertThat(guard.shutOut("wiki")).isEmpty();
        assertThat(guard.serviceOf("wiki")).isEmpty();
        assertThat(guard.shutOutRoles())
                .as("unknown before the first start, not an empty list")
                .isEmpty();

        as("wiki").close();
        assertThat(guard.check().terminated()).isEmpty();
    }

    /** These clients never log in, so PostgreSQL lists no sessions for them, and refuses all other clients. */
    @Test
    void connectionsThatKeepEverybodyOutAreCountedByAddress() throws Exception {
        List<Socket> opened = new ArrayList<>();
        try {
            Throwable refusal = null;
            while (refusal == null && opened.size() < 1000) {
                for (int more = 0; more < 50; more++) {
                    opened.add(new Socket(
                            cluster.server().address().host(),
                            cluster.server().address().port()));
                }
                refusal = catchThrowable(
                        () -> cluster.server().connectForDaemon(5).close());
            }
            assertThat(refusal).hasMessageContaining("too many clients");

            // The number includes the guard's two sessions and the administrator's. Refused connections may be closed
            // already.
            assertThat(guard.connections().get("127.0.0.1")).isBetween(150, opened.size() + 3);
        } finally {
            for (Socket socket : opened) {
                socket.close();
            }
        }
        assertThat(guard.check().terminated()).isEmpty();
    }

    @Test
    void readsAddressesAsTheKernelWritesThem() {
        assertThat(ClientSockets.address("050012AC")).isEqualTo("172.18.0.5");
        assertThat(ClientSockets.address("0000000000000000FFFF0000050012AC")).isEqualTo("172.18.0.5");
        assertThat(ClientSockets.address("B80D01200000000067452301EFCDAB89"))
                .isEqualTo("2001:db8:0:0:123:4567:89ab:cdef");
    }

    private Connection as(String database) throws SQLException {
        return cluster.server().connectAs("wiki", WIKIS, database);
    }

    private static void run(Connection connection, String... statements) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    private static Thread attack(Connection connection, String sql) {
        Thread thread = new Thread(
                () -> {
                    try {
                        run(connection, sql);
                    } catch (SQLException ended) {
                        // The test expects that the guard ends the session.
                        Thread.onSpinWait();
                    }
                },
                "attack");
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    private void awaitLock(String table) {
        await().atMost(PATIENCE).until(() -> {
            try (Statement statement = administrator.createStatement();
                    var row = statement.executeQuery("SELECT count(*) FROM pg_locks WHERE relation = '" + table
                            + "'::regclass AND mode = 'AccessExclusiveLock'")) {
                row.next();
                return row.getInt(1) > 0;
            }
        });
    }
}
