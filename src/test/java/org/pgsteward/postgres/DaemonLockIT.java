package org.pgsteward.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.pgsteward.model.Secret;
import org.pgsteward.postgres.DaemonLock.State;
import org.postgresql.PGConnection;

class DaemonLockIT {
    private static final List<String> LOG = new CopyOnWriteArrayList<>();

    private static TestCluster cluster;

    @BeforeAll
    static void start() throws Exception {
        cluster = TestCluster.start();
        cluster.run("homelab", "CREATE ROLE wiki LOGIN PASSWORD 'wikis'");
    }

    @AfterAll
    static void stop() throws IOException {
        cluster.close();
    }

    private static DaemonLock lock(String host) {
        return new DaemonLock(new Server(cluster.server().address()), host, LOG::add);
    }

    private static List<DaemonLock.Session> sessions() throws Exception {
        try (Connection connection = cluster.server().connect("homelab")) {
            return DaemonLock.sessions(connection);
        }
    }

    @Test
    void oneHoldsItAndTheOtherSeesWhichOne() throws Exception {
        DaemonLock first = lock("first");
        try (DaemonLock second = lock("second")) {
            assertThat(first.check(true).state()).isEqualTo(State.HELD);

            DaemonLock.Standing taken = second.check(true);
            second.check(true);

            assertThat(taken.state()).isEqualTo(State.TAKEN);
            assertThat(taken.other().orElseThrow().host()).isEqualTo("first");
            assertThat(sessions()).extracting(DaemonLock.Session::host).containsExactly("first", "second");
            assertThat(sessions()).extracting(DaemonLock.Session::active).containsExactly(true, false);

            first.close();

            assertThat(second.check(false).state()).isEqualTo(State.TAKEN);
            assertThat(second.check(true).state()).isEqualTo(State.HELD);
            assertThat(sessions()).extracting(DaemonLock.Session::host).containsExactly("second");
        }
    }

    /** Any role may take any advisory lock. */
    @Test
    void aServiceCannotKeepTheLock() throws Exception {
        try (Connection service = cluster.server().connectAs("wiki", new Secret("wikis"), "homelab");
                Statement statement = service.createStatement();
                DaemonLock lock = lock("steward")) {
            statement.execute("SELECT pg_advisory_lock(" + 0x7067_7374 + ", " + 0x6461_656d + ")");

            assertThat(lock.check(true).state()).isEqualTo(State.HELD);
            assertThat(service.isValid(5)).isFalse();
            assertThat(LOG).contains("ended 1 session of role wiki, which held pgsteward's lock or waited for it");
        }
    }

    @Test
    void aServiceCannotKeepTheLockBySharingIt() throws Exception {
        try (Connection service = cluster.server().connectAs("wiki", new Secret("wikis"), "homelab");
                Statement statement = service.createStatement();
                DaemonLock lock = lock("steward")) {
            statement.execute("SELECT pg_advisory_lock_shared(" + 0x7067_7374 + ", " + 0x6461_656d + ")");

            assertThat(lock.check(true).state()).isEqualTo(State.HELD);
            assertThat(sessions()).extracting(DaemonLock.Session::host).containsExactly("steward");
        }
    }

    /** Some functions do not heed that they are to end; the daemon then works without the lock, since no daemon has it. */
    @Test
    void aSessionThatDoesNotEndIsNotTakenForADaemon() throws Exception {
        try (Connection service = cluster.server().connectAs("wiki", new Secret("wikis"), "homelab");
                Statement statement = service.createStatement();
                DaemonLock lock = lock("steward")) {
            statement.execute("SELECT pg_advisory_lock(" + 0x7067_7374 + ", " + 0x6461_656d + ")");
            int backend = service.unwrap(PGConnection.class).getBackendPID();
            signal("-STOP", backend);
            try {
                DaemonLock.Standing standing = lock.check(true);

                assertThat(standing.state()).isEqualTo(State.TAKEN);
                assertThat(standing.other()).isEmpty();
            } finally {
                signal("-CONT", backend);
            }
            await().atMost(Duration.ofMinutes(2)).until(() -> lock.check(true).state() == State.HELD);
        }
    }

    private static void signal(String signal, int process) throws Exception {
        assertThat(new ProcessBuilder("kill", signal, Integer.toString(process))
                        .start()
                        .waitFor())
                .isZero();
    }

    /** Each session that is ended makes room for one that waits, and comes back itself. */
    @Test
    void aServiceCannotKeepTheLockWithManySessionsThatComeBack() throws Exception {
        AtomicBoolean over = new AtomicBoolean();
        CountDownLatch holding = new CountDownLatch(1);
        List<Thread> attackers = new ArrayList<>();
        for (int i = 0; i < 15; i++) {
            Thread attacker = new Thread(() -> {
                while (!over.get()) {
                    try (Connection service = cluster.server().connectAs("wiki", new Secret("wikis"), "homelab");
                            Statement statement = service.createStatement()) {
                        statement.execute("SELECT pg_advisory_lock(" + 0x7067_7374 + ", " + 0x6461_656d + ")");
                        holding.countDown();
                        statement.execute("SELECT pg_sleep(600)");
                    } catch (SQLException e) {
                        // Ended, and back again.
                        Thread.onSpinWait();
                    }
                }
            });
            attacker.setDaemon(true);
            attacker.start();
            attackers.add(attacker);
        }
        try (DaemonLock lock = lock("steward")) {
            assertThat(holding.await(2, TimeUnit.MINUTES)).isTrue();
            await().atMost(Duration.ofMinutes(2)).until(() -> lock.check(true).state() == State.HELD);
        } finally {
            over.set(true);
            cluster.run("homelab", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'wiki'");
        }
        for (Thread attacker : attackers) {
            attacker.join(Duration.ofMinutes(2).toMillis());
        }
    }

    @Test
    void aLockIsTakenAgainAfterTheConnectionBroke() throws Exception {
        try (DaemonLock lock = lock("steward");
                DaemonLock other = lock("other")) {
            assertThat(lock.check(true).state()).isEqualTo(State.HELD);
            assertThat(other.check(true).state()).isEqualTo(State.TAKEN);

            cluster.run(
                    "homelab",
                    "SELECT pg_terminate_backend(pid, 5000) FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2");
            // Each finds out with its next statement, and comes back with the one after it.
            assertThat(lock.check(true).state()).isEqualTo(State.UNKNOWN);
            assertThat(other.check(false).state()).isEqualTo(State.UNKNOWN);

            assertThat(other.check(false).state()).isEqualTo(State.TAKEN);
            DaemonLock.Standing again = lock.check(true);
            assertThat(again.state()).isEqualTo(State.HELD);
            assertThat(again.reconnected()).isTrue();
            assertThat(other.check(true).state()).isEqualTo(State.TAKEN);
        }
    }

    /** As after a pause of the server: the session of before is still there, and it is nobody else's. */
    @Test
    void anOldSessionOfItsOwnIsNoOtherDaemon() throws Exception {
        try (DaemonLock lock = lock("steward")) {
            assertThat(lock.check(true).state()).isEqualTo(State.HELD);
            String backend = cluster.server()
                    .ask(
                            "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2 AND mode = 'ExclusiveLock'");
            signal("STOP", backend);

            assertThat(lock.check(true).state()).isEqualTo(State.UNKNOWN);
            DaemonLock.Standing held = lock.check(true);
            signal("CONT", backend);

            assertThat(held.state()).isEqualTo(State.TAKEN);
            assertThat(held.other()).isEmpty();
            await().atMost(Duration.ofMinutes(2)).until(() -> lock.check(true).state() == State.HELD);
        }
    }

    private static void signal(String name, String process) throws Exception {
        assertThat(new ProcessBuilder("kill", "-" + name, process).start().waitFor())
                .isZero();
    }

    @Test
    void aServerThatIsDownIsNotKnown() throws Exception {
        try (DaemonLock lock = lock("steward")) {
            assertThat(lock.check(true).state()).isEqualTo(State.HELD);
            cluster.kill();

            await().atMost(Duration.ofMinutes(2)).until(() -> lock.check(true).state() == State.UNKNOWN);
            assertThat(lock.check(true).trouble()).contains("nothing listens");

            cluster.startAgain();
            await().atMost(Duration.ofMinutes(2)).until(() -> lock.check(true).state() == State.HELD);
        }
    }
}
