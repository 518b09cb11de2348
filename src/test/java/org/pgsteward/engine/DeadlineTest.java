package org.pgsteward.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.pgsteward.engine.http.ScriptedServer;

@Tag("fast")
@Timeout(300)
class DeadlineTest {
    private static final Duration LIMIT = Duration.ofMillis(300);

    /** docker-java #1468: a call waited forever despite its timeout. */
    @Test
    void aCallToAFrozenDaemonOnAUnixSocketEndsInTime(@TempDir Path folder) throws IOException {
        Path socket = folder.resolve("docker.sock");
        // The socket listens and never accepts, like that of a stopped process. The kernel accepts the connection
        // nevertheless.
        try (ServerSocketChannel frozen = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            frozen.bind(UnixDomainSocketAddress.of(socket));
            try (DockerEngine engine = DockerEngine.at("unix://" + socket, LIMIT, LIMIT)) {
                assertThatThrownBy(engine::containers)
                        .isInstanceOf(EngineAway.class)
                        .hasMessageContaining("did not answer /containers/json");
                assertThat(engine.answers()).isFalse();
            }
        }
    }

    /** The thread of the call must end as well, and with it the connection. */
    @ParameterizedTest
    @EnumSource(ScriptedServer.Kind.class)
    void answerThatStopsHalfWayEndsInTime(ScriptedServer.Kind kind) throws Exception {
        CountDownLatch left = new CountDownLatch(2);
        try (ScriptedServer stalled = ScriptedServer.start(kind, connection -> {
                    ScriptedServer.send(connection, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[{");
                    ScriptedServer.awaitClose(connection);
                    left.countDown();
                });
                DockerEngine engine = DockerEngine.at(stalled.host().toString(), LIMIT, LIMIT)) {
            assertThatThrownBy(engine::names)
                    .isInstanceOf(EngineAway.class)
                    .hasMessageContaining("did not answer /containers/json");
            assertThat(engine.answers()).isFalse();
            left.await();
        }
    }

    @Test
    void noThreadStaysBetweenCalls() throws IOException {
        String ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK";
        try (ScriptedServer server = ScriptedServer.sending(ScriptedServer.Kind.UNIX, ok);
                DockerEngine engine = DockerEngine.at(server.host().toString())) {
            assertThat(engine.answers()).isTrue();

            await().untilAsserted(() -> assertThat(Thread.getAllStackTraces().keySet())
                    .noneMatch(thread -> thread.getName().equals("docker-call")));
            assertThat(engine.answers()).isTrue();
        }
    }

    @Test
    void answerThatIsCutIsReportedWithTheReason() throws IOException {
        String half = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[{";
        try (ScriptedServer server = ScriptedServer.sending(ScriptedServer.Kind.UNIX, half);
                DockerEngine engine = DockerEngine.at(server.host().toString())) {
            assertThatThrownBy(engine::names)
                    .isInstanceOf(EngineAway.class)
                    .hasMessage("cannot query the Docker Engine at " + server.host()
                            + ": the connection ended 98 bytes before the end of the response");
        }
    }

    @Test
    void unreachableEngineIsReportedWithItsAddress(@TempDir Path folder) {
        String host = "unix://" + folder.resolve("none.sock");
        try (DockerEngine engine = DockerEngine.at(host)) {
            assertThatThrownBy(() -> engine.container("web"))
                    .isInstanceOf(EngineAway.class)
                    .hasMessageContaining(host);
        }
    }

    @Test
    void anAddressOfAnUnknownKindIsRefusedAtOnce() {
        assertThatThrownBy(() -> DockerEngine.at("/var/run/docker.sock"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'/var/run/docker.sock'")
                .hasMessageContaining("unix:///path or tcp://host:port");
    }

    @Test
    void connectionsThatWereClosedMeanwhileFailNoCall() throws Exception {
        try (ServerSocket proxy = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
            CountDownLatch together = new CountDownLatch(3);
            Thread server = new Thread(() -> serve(proxy, together), "a proxy with an idle limit");
            server.setDaemon(true);
            server.start();
            try (DockerEngine engine = DockerEngine.at("tcp://127.0.0.1:" + proxy.getLocalPort())) {
                // A client that keeps connections would have three now.
                // The common pool of Java 25 would not run three calls at a time on two processors.
                assertThat(IntStream.range(0, 3)
                                .mapToObj(call -> CompletableFuture.supplyAsync(
                                        engine::answers, task -> new Thread(task).start()))
                                .toList())
                        .allSatisfy(call -> assertThat(call.join()).isTrue());

                assertThat(engine.answers()).isTrue();
            }
        }
    }

    private static void serve(ServerSocket proxy, CountDownLatch together) {
        try {
            while (true) {
                Socket connection = proxy.accept();
                Thread thread = new Thread(() -> answerOnce(connection, together), "answers once");
                thread.setDaemon(true);
                thread.start();
            }
        } catch (IOException closed) {
            assertThat(proxy.isClosed()).isTrue();
        }
    }

    /** Answers with keep-alive, but closes the connection. */
    private static void answerOnce(Socket connection, CountDownLatch together) {
        try (connection) {
            byte[] request = new byte[8192];
            assertThat(connection.getInputStream().read(request)).isPositive();
            together.countDown();
            assertThat(together.await(2, TimeUnit.MINUTES)).isTrue();
            connection
                    .getOutputStream()
                    .write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK".getBytes(StandardCharsets.US_ASCII));
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
