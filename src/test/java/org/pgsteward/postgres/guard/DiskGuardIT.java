package org.pgsteward.postgres.guard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.File;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.pgsteward.engine.DockerCli;
import org.pgsteward.engine.NeedsEngine;
import org.pgsteward.model.Inodes;

/** The guard with a real PostgreSQL on a disk of 600 MB, of which 560 MB are free, with 60,000 inodes. */
@NeedsEngine
@Timeout(600)
class DiskGuardIT {
    private static final Duration PATIENCE = Duration.ofMinutes(4);
    private static final String FILL =
            "DO $$ BEGIN FOR n IN 1..%d LOOP PERFORM pg_notify('x', n || '%s' || repeat('x', 7900)); END LOOP; END $$";
    private static final String DATA = "/var/lib/postgresql/data";

    private final AtomicBoolean over = new AtomicBoolean();
    private final List<Thread> threads = new ArrayList<>();
    private final List<Connection> sessions = new ArrayList<>();
    private PostgresContainer container;
    private File disk;
    private ServerGuard guard;

    @BeforeEach
    void start() throws SQLException {
        container = PostgresContainer.start("--tmpfs", DATA + ":size=600m,nr_inodes=60000");
        String process = DockerCli.docker("inspect", "--format", "{{.State.Pid}}", container.name())
                .strip();
        disk = new File("/proc/" + process + "/root" + DATA);
        try (Connection connection = container.server().connect("homelab");
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE DATABASE evil OWNER evil");
            statement.execute("CREATE DATABASE wiki OWNER wiki");
        }
        guard = new ServerGuard(container.server(), left());
        assertThat(guard.check().disk()).isEmpty();
    }

    private FreeSpace left() {
        return new FreeSpace() {
            @Override
            public OptionalLong bytes() {
                return OptionalLong.of(disk.getUsableSpace());
            }

            @Override
            public OptionalLong files() {
                return OptionalLong.of(Inodes.of(disk.toPath()).orElseThrow().free());
            }
        };
    }

    @AfterEach
    void stop() throws InterruptedException, SQLException {
        over.set(true);
        for (Connection session : sessions) {
            session.close();
        }
        guard.close();
        container.close();
        for (Thread thread : threads) {
            thread.join();
        }
    }

    @Test
    void namesTheRoleOfTablesThatFillTheDisk() throws Exception {
        running(
                "CREATE TABLE IF NOT EXISTS t (a text)",
                "INSERT INTO t SELECT repeat('x', 8000) FROM generate_series(1, 200)");

        shutsOut("evil");

        assertThat(disk.getUsableSpace()).isGreaterThan(32L << 20);
        assertThatThrownBy(() -> container.as("evil", "evil")).hasMessageContaining("not permitted to log in");
        neighbourWorks();
    }

    @Test
    void namesTheRoleOfSortsThatFillTheDisk() throws Exception {
        running(
                "SELECT count(*) FROM (SELECT repeat(md5(n::text), 100) FROM generate_series(1, 10000000) AS n ORDER BY 1) AS s");

        shutsOut("evil");

        neighbourWorks();
        await().atMost(PATIENCE).until(guard::hasDiskSpace);
    }

    /** The files of parallel workers are in separate folders. The keys are too short for PostgreSQL to compress them. */
    @Test
    void namesTheRoleOfAParallelSortThatFillsTheDisk() throws Exception {
        running(
                "CREATE UNLOGGED TABLE IF NOT EXISTS p (n int)",
                "TRUNCATE p",
                "INSERT INTO p SELECT generate_series(1, 1200000)",
                "ALTER TABLE p SET (parallel_workers = 2)",
                "CREATE INDEX ON p ((%s))".formatted(String.join(" || ", Collections.nCopies(15, "md5(n::text)"))));

        shutsOut("evil");

        neighbourWorks();
    }

    /** An index takes as much space as its part of the log. */
    @Test
    void namesTheRoleOfIndexesThatFillTheDisk() throws Exception {
        running(
                "CREATE TABLE IF NOT EXISTS p (n int)",
                "INSERT INTO p SELECT generate_series(1, 300000)",
                "CREATE INDEX ON p (n)");

        shutsOut("evil");

        neighbourWorks();
    }

    /** The function that every role may call writes only to the log. */
    @Test
    void namesTheRoleThatFillsTheLog() throws Exception {
        running(
                "DO $$ BEGIN FOR n IN 1..20 LOOP PERFORM pg_logical_emit_message(false, 'x', repeat('x', 1000000)); END LOOP; END $$");

        shutsOut("evil");

        neighbourWorks();
    }

    /** The tables have no rows, and take nearly no space. */
    @Test
    void namesTheRoleOfEmptyTablesThatTakeTheLastInodes() throws Exception {
        running("DO $$ BEGIN FOR n IN 1..300 LOOP"
                + " EXECUTE format('CREATE UNLOGGED TABLE %I ()', gen_random_uuid()); END LOOP; END $$");

        shutsOut("evil", DiskUnit.FILES, 4096);

        neighbourWorks();
    }

    @Test
    void namesTheRoleOfSnapshotsThatTakeTheLastInodes() throws Exception {
        running("SELECT count(pg_export_snapshot()) FROM generate_series(1, 100000)");

        shutsOut("evil", DiskUnit.FILES, 4096);

        neighbourWorks();
        await().atMost(PATIENCE).until(guard::hasDiskSpace);
    }

    /** For an older transaction, the guard cannot know whether its session listens. */
    @Test
    void endsTheSessionsThatFillTheQueueOfNotify() throws Exception {
        try (Connection report = container.as("wiki", "wiki");
                Connection listener = container.as("evil", "evil");
                Statement statement = listener.createStatement()) {
            report.setAutoCommit(false);
            report.createStatement().execute("SELECT 1");
            statement.execute("LISTEN x");
            listener.setAutoCommit(false);
            statement.execute("SELECT 1");
            assertThat(guard.check().disk()).isEmpty();
            running(
                    "DO $$ BEGIN FOR n IN 1..500 LOOP PERFORM pg_notify('x', n || repeat('x', 7900)); END LOOP; END $$");

            DiskTaken taken = nextTaken();

            assertThat(taken.kind()).isEqualTo(DiskTaken.Kind.QUEUE);
            assertThat(taken.role()).isEqualTo("evil");
            assertThat(taken.amount()).isBetween(64L << 20, 600L << 20);
            over.set(true);
            await().atMost(PATIENCE).untilAsserted(() -> {
                guard.check();
                assertThat(container.server().ask("SELECT count(*) < 256 FROM pg_ls_dir('pg_notify')"))
                        .isEqualTo("t");
            });
            assertThat(listener.isValid(5)).isFalse();
            assertThat(report.isValid(5)).isTrue();
        }
    }

    /** The other role writes much more than the role that fills the queue, and also notifies. */
    @Test
    void blamesNoOtherRoleForTheNotifyQueue() throws Exception {
        guard.close();
        guard = new ServerGuard(container.server(), FreeSpace.UNKNOWN);
        try (Connection filler = container.as("evil", "evil");
                Connection listener = container.as("evil", "evil");
                Statement filling = filler.createStatement();
                Statement listening = listener.createStatement()) {
            listening.execute("LISTEN x");
            listener.setAutoCommit(false);
            listening.execute("SELECT 1");
            for (int part = 0; part < 9; part++) {
                filling.execute(FILL.formatted(1000, "-" + part));
            }
            runningAs(
                    "wiki",
                    "CREATE UNLOGGED TABLE IF NOT EXISTS t (a text)",
                    "INSERT INTO t SELECT repeat(md5(n::text), 60) FROM generate_series(1, 500) AS n",
                    "TRUNCATE t; INSERT INTO t SELECT repeat(md5(n::text), 60) FROM generate_series(1, 500) AS n; NOTIFY a");

            DiskTaken silent = guard.check().disk().orElseThrow();
            assertThat(silent.role()).isEqualTo("evil");
            assertThat(silent.kind()).isEqualTo(DiskTaken.Kind.QUEUE);
            assertThat(silent.amount()).isBetween(64L << 20, 100L << 20);
            assertThat(listener.isValid(5)).isFalse();
            for (int check = 0; check < 10; check++) {
                assertThat(guard.check().disk()).isEmpty();
            }
        }
    }

    /**
     * The listening session belongs to a third role. Its commits wait for the disk, those of the filling role do not.
     */
    @Test
    void blamesNoOtherRoleWhileTheNotifyQueueGrows() throws Exception {
        guard.close();
        guard = new ServerGuard(container.server(), FreeSpace.UNKNOWN);
        stuckListener();
        for (int part = 0; part < 7; part++) {
            try (Connection filler = container.as("evil", "evil")) {
                filler.createStatement().execute(FILL.formatted(1000, "-" + part));
            }
        }
        runningAs("wiki", "CREATE TABLE IF NOT EXISTS j (n int)", "INSERT INTO j VALUES (1); NOTIFY jobs, 'k'");
        runningAs("evil", "SET synchronous_commit = off", FILL.formatted(8, ""));

        for (int action = 0; action < 8; action++) {
            DiskTaken taken = nextTaken();
            assertThat(taken.role()).isEqualTo("evil");
        }
    }

    /** Every service may log in to the administrator's database, which has no owner to blame. */
    @Test
    void namesRoleFillingTheNotifyQueueInShortSessions() throws Exception {
        guard.close();
        guard = new ServerGuard(container.server(), FreeSpace.UNKNOWN);
        stuckListener();
        runningAs("wiki", "CREATE TABLE IF NOT EXISTS j (n int)", "INSERT INTO j VALUES (1); NOTIFY jobs, 'k'");
        Thread filling = new Thread(() -> {
            while (!over.get()) {
                try (Connection filler = container.as("evil", "homelab")) {
                    filler.createStatement().execute(FILL.formatted(500, ""));
                } catch (SQLException ended) {
                    // The test expects that the guard ends the session.
                    Thread.onSpinWait();
                }
            }
        });
        filling.start();
        threads.add(filling);

        for (int action = 0; action < 5; action++) {
            DiskTaken taken = nextTaken();
            assertThat(taken.role()).isEqualTo("evil");
            assertThat(taken.kind()).isEqualTo(DiskTaken.Kind.QUEUE);
        }
    }

    private DiskTaken nextTaken() {
        return await().atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(50))
                .until(() -> guard.check().disk(), Optional::isPresent)
                .orElseThrow();
    }

    /** A session of the administrator that keeps PostgreSQL from removing anything from the queue. */
    private void stuckListener() throws SQLException {
        Connection listener = container.server().connect("homelab");
        sessions.add(listener);
        listener.createStatement().execute("LISTEN x");
        listener.setAutoCommit(false);
        listener.createStatement().execute("SELECT 1");
    }

    private void shutsOut(String role) throws SQLException {
        shutsOut(role, DiskUnit.BYTES, 16L << 20);
    }

    private void shutsOut(String role, DiskUnit unit, long least) throws SQLException {
        DiskTaken taken = nextTaken();
        assertThat(taken.role()).isEqualTo(role);
        assertThat(guard.shutOut(role)).contains(role);
        assertThat(taken.unit()).isEqualTo(unit);
        assertThat(taken.amount()).isBetween(least, 600L << 20);
        assertThat(taken.left()).isBetween(unit.least(), unit.few());
    }

    /** Logs in again and writes. */
    private void neighbourWorks() throws SQLException {
        try (Connection session = container.as("wiki", "wiki");
                Statement statement = session.createStatement()) {
            statement.execute("CREATE TABLE t AS SELECT repeat('x', 1000) FROM generate_series(1, 5000)");
        }
        // A terminated session first finishes its write, which takes seconds on a slow machine. The role must not log
        // in again.
        await().atMost(PATIENCE)
                .until(() -> container
                        .server()
                        .ask("SELECT count(*) FROM pg_stat_activity WHERE usename = 'evil'")
                        .equals("0"));
    }

    private void running(String... statements) {
        runningAs("evil", statements);
    }

    /** Logs in as the role and repeats the last statement; logs in again after an error. */
    private void runningAs(String role, String... statements) {
        Thread thread = new Thread(() -> {
            while (!over.get()) {
                try (Connection again = container.as(role, role);
                        Statement statement = again.createStatement()) {
                    for (int n = 0; !over.get(); n = Math.min(n + 1, statements.length - 1)) {
                        statement.execute(statements[n]);
                    }
                } catch (SQLException ended) {
                    // The test expects that the guard ends the session.
                    Thread.onSpinWait();
                }
            }
        });
        thread.setDaemon(true);
        thread.start();
        threads.add(thread);
    }
}
