package org.pgsteward.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.pgsteward.ProcessSignal;
import org.pgsteward.postgres.login.TlsSettings;

/** A server that accepts connections and does not answer. Its postmaster is stopped, as if its host were overloaded. */
@NeedsPostgres
class PausedServerIT {
    private static TestCluster cluster;
    private static Server server;

    @BeforeAll
    static void start() {
        cluster = TestCluster.start();
        ServerAddress address = cluster.server().address();
        server = new Server(new ServerAddress(
                address.host(),
                address.port(),
                address.user(),
                address.password(),
                address.database(),
                TlsSettings.DEFAULT,
                Duration.ofSeconds(2)));
    }

    @AfterEach
    void resume() throws Exception {
        signal("CONT");
    }

    @AfterAll
    static void stop() throws IOException {
        cluster.close();
    }

    private static void signal(String name) throws Exception {
        Path pid = cluster.cluster().data().resolve("postmaster.pid");
        long postmaster = Long.parseLong(Files.readAllLines(pid).get(0).strip());
        assertThat(ProcessSignal.send(name, postmaster)).isTrue();
    }

    @Test
    void aCommandTriesAgainUntilItAnswers() throws Exception {
        signal("STOP");
        CompletableFuture<String> answer = CompletableFuture.supplyAsync(() -> {
            try {
                return server.ask("SELECT 'late'");
            } catch (SQLException e) {
                return String.valueOf(e.getMessage());
            }
        });
        // When this attempt has timed out, the command's first attempt has failed as well.
        Server impatient = new Server(server.address());
        impatient.daemon();
        assertThat((Throwable) late(impatient)).isNotNull();
        assertThat(answer.isDone()).isFalse();

        signal("CONT");

        assertThat(answer.get(8, TimeUnit.MINUTES)).isEqualTo("late");
    }

    @Test
    void aProgramIsLoggedInWhenTheServerAnswersLate() throws Exception {
        signal("STOP");
        try (ClientProgram psql = server.start(
                UnprivilegedUser.ofThisProcess(),
                List.of(cluster.cluster().program("psql"), "-XAtq", "--command=SELECT 'late'"),
                "homelab",
                server.ownSettings())) {
            Server impatient = new Server(server.address());
            impatient.daemon();
            assertThat((Throwable) late(impatient)).isNotNull();

            signal("CONT");

            assertThat(new String(psql.output().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8).strip())
                    .isEqualTo("late");
            psql.awaitSuccess();
        }
    }

    @Test
    void anErrorSaysHowOftenItWasTriedAndTheSetting() throws Exception {
        signal("STOP");

        SQLException late = catchThrowableOfType(SQLException.class, () -> server.ask("SELECT 1"));

        assertThat((Throwable) late)
                .hasMessageContaining("no answer within 2 s from ")
                .hasMessageContaining("tried 3 times")
                .hasMessageContaining("PGSTEWARD_POSTGRES_CONNECT_TIMEOUT");
    }

    /** The server reports that it is starting up, which takes a moment. */
    @Test
    void aServerThatStillStartsIsWaitedFor() throws Exception {
        cluster.kill();
        CompletableFuture<String> answer = CompletableFuture.supplyAsync(() -> {
            await().until(PausedServerIT::listens);
            try {
                return server.ask("SELECT 'up'");
            } catch (SQLException e) {
                return String.valueOf(e.getMessage());
            }
        });
        cluster.startAgain();

        assertThat(answer.get(8, TimeUnit.MINUTES)).isEqualTo("up");
    }

    private static SQLException late(Server impatient) {
        return catchThrowableOfType(
                SQLException.class, () -> impatient.connectToLook().close());
    }

    private static boolean listens() {
        try (java.net.Socket socket = new java.net.Socket(
                InetAddress.getLoopbackAddress(), server.address().port())) {
            return socket.isConnected();
        } catch (IOException e) {
            return false;
        }
    }
}
