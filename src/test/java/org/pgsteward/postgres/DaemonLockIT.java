package org.pgsteward.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.sql.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.pgsteward.ProcessSignal;
import org.pgsteward.model.Secret;
import org.pgsteward.postgres.DaemonLock.State;
import org.pgsteward.postgres.DaemonLock.Take;

@NeedsPostgres
class DaemonLockIT {
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
        return new DaemonLock(new Server(cluster.server().address()), host);
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
            assertThat(first.check(Take.ALWAYS).state()).isEqualTo(State.HELD);

            DaemonLock.Check taken = second.check(Take.ALWAYS);
            second.check(Take.ALWAYS);

            assertThat(taken.state()).isEqualTo(State.TAKEN);
            assertThat(taken.other().orElseThrow().host()).isEqualTo("first");
            assertThat(sessions()).extracting(DaemonLock.Session::host).containsExactly("first", "second");
            assertThat(sessions()).extracting(DaemonLock.Session::active).containsExactly(true, false);

            first.close();

            assertThat(second.check(Take.NEVER).state()).isEqualTo(State.TAKEN);
            assertThat(second.check(Take.ALWAYS).state()).isEqualTo(State.HELD);
            assertThat(sessions()).extracting(DaemonLock.Session::host).containsExactly("second");
        }
    }

    /** Any role may take any advisory lock. */
    @Test
    void aServiceCannotKeepTheLockAndIsNotTakenForADaemon() throws Exception {
        try (ObstinateSession service = new ObstinateSession(cluster.server(), "wiki", new Secret("wikis"));
                DaemonLock first = lock("first");
                DaemonLock second = lock("second")) {
            assertThat(service).isNotNull();
            assertThat(first.check(Take.ALWAYS).state()).isEqualTo(State.HELD);
            assertThat(second.check(Take.ALWAYS).state()).isEqualTo(State.TAKEN);
            assertThat(sessions()).extracting(DaemonLock.Session::host).containsExactly("first", "second");
        }
    }

    @Test
    void oneOfManyConcurrentDaemonsGetsIt() throws Exception {
        List<DaemonLock> daemons =
                IntStream.range(0, 20).mapToObj(i -> lock("host" + i)).toList();
        ExecutorService threads = Executors.newFixedThreadPool(daemons.size());
        try {
            List<Future<State>> states = threads.invokeAll(daemons.stream()
                    .map(daemon ->
                            (Callable<State>) () -> daemon.check(Take.ALWAYS).state())
                    .toList());

            List<State> found = new ArrayList<>();
            for (Future<State> state : states) {
                found.add(state.get());
            }
            assertThat(found).containsOnlyOnce(State.HELD).doesNotContain(State.UNKNOWN);
        } finally {
            threads.shutdownNow();
            daemons.forEach(DaemonLock::close);
        }
    }

    @Test
    void aLockIsTakenAgainAfterTheConnectionBroke() throws Exception {
        try (DaemonLock lock = lock("steward");
                DaemonLock other = lock("other")) {
            assertThat(lock.check(Take.ALWAYS).state()).isEqualTo(State.HELD);
            assertThat(other.check(Take.ALWAYS).state()).isEqualTo(State.TAKEN);

            cluster.run(
                    "homelab",
                    "SELECT pg_terminate_backend(pid, 5000) FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2");
            // Each lock notices the end of its session with its next check, and reconnects with the following one.
            assertThat(lock.check(Take.ALWAYS).state()).isEqualTo(State.UNKNOWN);
            assertThat(other.check(Take.NEVER).state()).isEqualTo(State.UNKNOWN);

            DaemonLock.Check early = other.check(Take.UNLESS_RECONNECTED);
            assertThat(early.state()).isEqualTo(State.TAKEN);
            assertThat(early.tried()).isFalse();
            DaemonLock.Check again = lock.check(Take.ALWAYS);
            assertThat(again.state()).isEqualTo(State.HELD);
            assertThat(again.reconnected()).isTrue();
            assertThat(other.check(Take.ALWAYS).state()).isEqualTo(State.TAKEN);
        }
    }

    @Test
    void theEndOfItsSessionIsNoticedAndTheLockTakenAgainAtOnce() throws Exception {
        ExecutorService thread = Executors.newSingleThreadExecutor();
        try (DaemonLock lock = lock("steward")) {
            assertThat(lock.endsWithin(Duration.ofMillis(1))).isFalse();
            assertThat(lock.check(Take.ALWAYS).state()).isEqualTo(State.HELD);
            assertThat(lock.endsWithin(Duration.ofMillis(1))).isFalse();
            assertThat(lock.check(Take.ALWAYS).state()).isEqualTo(State.HELD);

            Future<Boolean> ended = thread.submit(() -> lock.endsWithin(Duration.ofMinutes(5)));
            cluster.run(
                    "homelab",
                    "SELECT pg_terminate_backend(pid, 5000) FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2");

            assertThat(ended.get(1, TimeUnit.MINUTES)).isTrue();
            DaemonLock.Check next = lock.check(Take.ALWAYS);
            assertThat(next.state()).isEqualTo(State.HELD);
            assertThat(next.reconnected()).isTrue();
        } finally {
            thread.shutdownNow();
        }
    }

    /**
     * After a pause of the server, the previous session still exists. It belongs to this lock, not to another daemon.
     */
    @Test
    void anOldSessionOfItsOwnIsNoOtherDaemon() throws Exception {
        try (DaemonLock lock = lock("steward")) {
            assertThat(lock.check(Take.ALWAYS).state()).isEqualTo(State.HELD);
            long backend = Long.parseLong(
                    cluster.server().ask("SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2"));
            assertThat(ProcessSignal.send("STOP", backend)).isTrue();

            assertThat(lock.check(Take.ALWAYS).state()).isEqualTo(State.UNKNOWN);
            DaemonLock.Check held = lock.check(Take.ALWAYS);
            assertThat(ProcessSignal.send("CONT", backend)).isTrue();

            assertThat(held.state()).isEqualTo(State.TAKEN);
            assertThat(held.other()).isEmpty();
            await().until(() -> lock.check(Take.ALWAYS).state() == State.HELD);
        }
    }

    @Test
    void aClosedLockIsNotTakenAgain() throws Exception {
        DaemonLock lock = lock("steward");
        assertThat(lock.check(Take.ALWAYS).state()).isEqualTo(State.HELD);

        lock.close();

        assertThat(lock.check(Take.ALWAYS).state()).isEqualTo(State.UNKNOWN);
        await().until(() -> sessions().isEmpty());
    }

    @Test
    void aServerThatIsDownIsNotKnown() throws Exception {
        try (DaemonLock lock = lock("steward")) {
            assertThat(lock.check(Take.ALWAYS).state()).isEqualTo(State.HELD);
            cluster.kill();

            await().until(() -> lock.check(Take.ALWAYS).state() == State.UNKNOWN);
            assertThat(lock.check(Take.ALWAYS).trouble()).contains("no server listens");

            cluster.startAgain();
            await().until(() -> lock.check(Take.ALWAYS).state() == State.HELD);
        }
    }
}
