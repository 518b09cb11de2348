package org.pgsteward.postgres.guard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.pgsteward.engine.NeedsEngine;
import org.pgsteward.postgres.Server;

/** The guard with a real PostgreSQL in a container with the limits of {@code compose.yaml}. */
@NeedsEngine
@Timeout(600)
class MemoryGuardIT {
    private static final Duration PATIENCE = Duration.ofMinutes(4);

    /** Takes some 108 MB, which is less than the limit of one process. */
    private static final String GREEDY = "DO $$ DECLARE a text[]; BEGIN FOR k IN 1..6 LOOP"
            + " a[k] := repeat('x', 18000000); END LOOP; PERFORM pg_sleep(2); END $$";

    /** Keeps some 11 MB for the sorted rows. */
    private static final String KEPT = "SET work_mem = '40MB'; BEGIN; DECLARE kept CURSOR FOR SELECT repeat('x', 1000)"
            + " FROM generate_series(1, 9000) ORDER BY random(); FETCH kept";

    /** Joins rows slowly, so that the hash table stays. */
    private static final String HASHED =
            "SET work_mem = '25MB'; SET jit = off; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0;"
                    + " SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 1;"
                    + " SET enable_mergejoin = off; SET enable_nestloop = off;"
                    + " SELECT count(public.slow(b.i)), max(length(a.t)) FROM public.large AS b LEFT JOIN public.large AS a USING (i)";

    private PostgresContainer container;
    private Server server;
    private ServerGuard guard;

    @BeforeEach
    void start() throws SQLException {
        container = PostgresContainer.start(
                "--memory",
                "256m",
                "--shm-size",
                "256m",
                "--ulimit",
                "data=167772160",
                "--env",
                "PG_OOM_ADJUST_FILE=/proc/self/oom_score_adj",
                "--env",
                "PG_OOM_ADJUST_VALUE=50");
        server = container.server();
        guard = new ServerGuard(server, FreeSpace.UNKNOWN);
        assertThat(guard.check().memory()).isEmpty();
    }

    @AfterEach
    void stop() {
        guard.close();
        container.close();
    }

    @Test
    void namesTheRoleThatTakesAllMemory() throws Exception {
        AtomicBoolean over = new AtomicBoolean();
        List<Thread> threads = new ArrayList<>();
        try {
            for (int n = 0; n < 6; n++) {
                threads.add(running("evil", over, GREEDY));
            }

            MemoryTaken taken = await().atMost(PATIENCE)
                    .pollInterval(Duration.ofMillis(50))
                    .ignoreExceptionsInstanceOf(SQLException.class)
                    .until(() -> guard.check().memory(), Optional::isPresent)
                    .orElseThrow();

            assertThat(taken.role()).isEqualTo("evil");
            assertThat(taken.limit()).isEqualTo(256 << 20);
            assertThat(taken.bytes()).isBetween(40L << 20, 650L << 20);
            assertThat(taken.sessions()).isBetween(1, 6);
            await().atMost(PATIENCE)
                    .pollInterval(Duration.ofMillis(20))
                    .ignoreExceptionsInstanceOf(SQLException.class)
                    .untilAsserted(() -> assertThat(guard.shutOut("evil")).contains("evil"));
            assertThatThrownBy(() -> container.as("evil")).hasMessageContaining("not permitted to log in");
            try (Connection neighbour = container.as("wiki");
                    Statement statement = neighbour.createStatement()) {
                statement.execute("SELECT pg_sleep(3)");
            }
        } finally {
            over.set(true);
            for (Thread thread : threads) {
                thread.join();
            }
        }
    }

    /** Its memory is a large share of the limit, and was no danger until another role came. */
    @Test
    void blamesTheRoleTakingTheRestNotTheLargest() throws Exception {
        AtomicBoolean over = new AtomicBoolean();
        List<Thread> threads = new ArrayList<>();
        try (ServerGuard late = new ServerGuard(server, FreeSpace.UNKNOWN)) {
            for (int n = 0; n < 11; n++) {
                threads.add(running("wiki", over, KEPT, "SELECT pg_sleep(1)"));
            }
            await().atMost(PATIENCE)
                    .until(() -> server.ask("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'")
                            .equals("11"));
            assertThat(late.check().memory()).isEmpty();
            for (int n = 0; n < 9; n++) {
                threads.add(running("evil", over, KEPT, "SELECT pg_sleep(1)"));
            }

            List<String> blamed = new ArrayList<>();
            await().atMost(PATIENCE)
                    .pollInterval(Duration.ofMillis(50))
                    .ignoreExceptionsInstanceOf(SQLException.class)
                    .until(() -> {
                        late.check().memory().map(MemoryTaken::role).ifPresent(blamed::add);
                        return blamed.size() >= 3;
                    });

            assertThat(blamed).containsOnly("evil");
        } finally {
            over.set(true);
            for (Thread thread : threads) {
                thread.join();
            }
        }
    }

    /** The guard holds many locks, so its processes are larger than most others. */
    @Test
    void guardSessionsHaveTheLowestOomScore() throws Exception {
        String scores = server.ask("SELECT string_agg(rtrim(pg_read_file('/proc/' || pid || '/oom_score_adj'), E'\\n')"
                + " || ' ' || (state LIKE 'idle in%'), ', ' ORDER BY pid) FROM pg_stat_activity"
                + " WHERE backend_type = 'client backend'");

        assertThat(scores).isEqualTo("0 true, 0 true, 50 false");
        assertThat(server.ask("SELECT pg_read_file('/proc/1/oom_score_adj')")).isEqualTo("0\n");
    }

    /** One large report is allowed. */
    @Test
    void allowsALargeSessionWhileMemoryIsLeft() throws Exception {
        try (Connection session = container.as("wiki");
                Statement statement = session.createStatement()) {
            Thread work = greedyOnce(statement);
            await().atMost(PATIENCE)
                    .until(() -> server.ask("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'")
                            .equals("1"));

            assertThat(guard.check().memory()).isEmpty();

            work.join();
            assertThat(session.isValid(5)).isTrue();
        }
    }

    /** The hash table of a parallel query is in /dev/shm. It is not in the private memory of a process. */
    @Test
    void theSharedMemoryOfAParallelQueryBelongsToItsRole() throws Exception {
        makeLargeTable();
        AtomicBoolean over = new AtomicBoolean();
        Thread thread = running("evil", over, HASHED, "SELECT 1");
        try (Connection connection = server.connect("homelab")) {
            connection.setAutoCommit(false);

            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(ServerMemory.of(connection)
                                    .orElseThrow()
                                    .bytesByRole()
                                    .getOrDefault("evil", 0L))
                            .isBetween(26L << 20, 64L << 20));

            over.set(true);
            server.ask("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'evil'"
                    + " AND backend_type = 'client backend'");
            thread.join();
            assertThat(server.ask("SELECT " + SharedSegments.TOTAL)).isNotEqualTo("0");
            assertThat(ServerMemory.of(connection).orElseThrow().bytesByRole())
                    .as("shared memory counts for no role")
                    .doesNotContainKey("evil");
        }
    }

    /**
     * In Docker's default of 64 MB for /dev/shm, one role left no room. Logins and new tables failed, and PostgreSQL 15
     * crashed.
     */
    @Test
    void theSharedMemoryOfOneRoleLeavesRoomForOthers() throws Exception {
        makeLargeTable();
        AtomicBoolean over = new AtomicBoolean();
        List<Thread> threads = new ArrayList<>();
        try {
            for (int n = 0; n < 3; n++) {
                threads.add(running("evil", over, HASHED, "SELECT 1"));
            }
            await().atMost(PATIENCE)
                    .until(() -> Long.parseLong(server.ask("SELECT " + SharedSegments.TOTAL)) > 70 << 20);

            try (Connection connection = server.connect("homelab");
                    Statement statement = connection.createStatement()) {
                statement.execute("CREATE DATABASE wiki OWNER wiki");
            }
            try (Connection neighbour = container.as("wiki", "wiki");
                    Statement statement = neighbour.createStatement()) {
                statement.execute("CREATE SCHEMA own");
                statement.execute(
                        "DO $$ BEGIN FOR n IN 1..500 LOOP EXECUTE format('CREATE TABLE own.t%s AS SELECT 1', n);"
                                + " COMMIT; END LOOP; END $$");
            }
            assertThat(Long.parseLong(server.ask("SELECT " + SharedSegments.TOTAL)))
                    .isGreaterThan(70 << 20);
        } finally {
            over.set(true);
            server.ask("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'evil'"
                    + " AND backend_type = 'client backend'");
            for (Thread thread : threads) {
                thread.join();
            }
        }
    }

    private void makeLargeTable() throws SQLException {
        try (Connection connection = server.connect("homelab");
                Statement statement = connection.createStatement()) {
            statement.execute(
                    "CREATE TABLE public.large AS SELECT i, repeat('x', 256) AS t FROM generate_series(1, 72000) AS i");
            statement.execute("ANALYZE public.large");
            statement.execute("CREATE FUNCTION public.slow(n int) RETURNS int LANGUAGE sql PARALLEL SAFE"
                    + " AS 'SELECT n FROM pg_catalog.pg_sleep(0.05)'");
            statement.execute("GRANT SELECT ON public.large TO evil");
        }
    }

    /** Logs in and repeats the statements; logs in again after an error. */
    private Thread running(String role, AtomicBoolean over, String first, String... next) {
        Thread thread = new Thread(() -> {
            while (!over.get()) {
                try (Connection again = container.as(role);
                        Statement statement = again.createStatement()) {
                    statement.execute(first);
                    for (int n = 0; n < next.length && !over.get(); n = (n + 1) % next.length) {
                        statement.execute(next[n]);
                    }
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

    private static Thread greedyOnce(Statement statement) {
        Thread thread = new Thread(() -> {
            try {
                statement.execute(GREEDY);
            } catch (SQLException e) {
                throw new AssertionError(e);
            }
        });
        thread.start();
        return thread;
    }
}
