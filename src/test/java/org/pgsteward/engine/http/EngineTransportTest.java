package org.pgsteward.engine.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.dockerjava.transport.DockerHttpClient.Response;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The life of connections, and requests. */
@Tag("fast")
@Timeout(60)
class EngineTransportTest {
    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK";
    private static final String STREAM = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

    @ParameterizedTest
    @EnumSource(ScriptedServer.Kind.class)
    void eachRequestHasAConnectionOfItsOwn(ScriptedServer.Kind kind) throws IOException {
        // The server would keep the connections.
        try (ScriptedServer server = ScriptedServer.start(kind, connection -> {
            ScriptedServer.send(connection, OK);
            ScriptedServer.awaitClose(connection);
        })) {
            for (int i = 0; i < 3; i++) {
                assertThat(text(server.get("/_ping"))).isEqualTo("OK");
            }

            assertThat(server.requests())
                    .hasSize(3)
                    .allSatisfy(request -> assertThat(request)
                            .startsWith("GET /_ping HTTP/1.1\r\n")
                            .contains("\r\nConnection: close\r\n")
                            .contains("\r\nAccept-Encoding: identity\r\n"));
        }
    }

    @Test
    void hostFieldIsTheAddressOrLocalhostForASocket() throws IOException {
        try (ScriptedServer tcp = ScriptedServer.sending(ScriptedServer.Kind.TCP, OK);
                ScriptedServer unix = ScriptedServer.sending(ScriptedServer.Kind.UNIX, OK)) {
            tcp.get("/_ping").close();
            unix.get("/_ping").close();

            assertThat(tcp.requests().get(0))
                    .contains("\r\nHost: 127.0.0.1:" + tcp.host().getPort() + "\r\n");
            assertThat(unix.requests().get(0)).contains("\r\nHost: localhost\r\n");
        }
    }

    @ParameterizedTest
    @CsvSource({"'', /_ping", "/, /_ping", "/docker, /docker/_ping", "/docker/, /docker/_ping"})
    void pathOfAProxyComesBeforeThePathOfTheApi(String prefix, String requested) throws IOException {
        try (ScriptedServer server = ScriptedServer.sending(ScriptedServer.Kind.TCP, OK)) {
            EngineTransport client = new EngineTransport(URI.create(server.host() + prefix), Duration.ofSeconds(10));

            client.execute(ScriptedServer.request("GET", "/_ping").build()).close();

            assertThat(server.requests().get(0)).startsWith("GET " + requested + " HTTP/1.1\r\n");
        }
    }

    @Test
    void fieldsOfARequestAreSentExceptTheConnection() throws IOException {
        try (ScriptedServer server = ScriptedServer.sending(ScriptedServer.Kind.TCP, OK)) {
            server.client()
                    .execute(ScriptedServer.request("GET", "/_ping")
                            .putHeader("accept", "application/json")
                            .putHeader("connection", "keep-alive")
                            .build())
                    .close();

            assertThat(server.requests().get(0))
                    .contains("\r\naccept: application/json\r\n")
                    .doesNotContain("keep-alive");
        }
    }

    @Test
    void onlyAGetWithoutABodyAndWithoutLineBreaksIsSent() throws IOException {
        try (ScriptedServer server = ScriptedServer.sending(ScriptedServer.Kind.TCP, OK)) {
            for (var request : List.of(
                    ScriptedServer.request("POST", "/containers/prune"),
                    ScriptedServer.request("GET", "/_ping").bodyBytes(new byte[1]),
                    ScriptedServer.request("GET", "/_ping").hijackedInput(new ByteArrayInputStream(new byte[1])),
                    ScriptedServer.request("GET", "/_ping").putHeader("X", "a\r\nY: b"),
                    ScriptedServer.request("GET", "/_ping HTTP/1.1\r\nX: y"))) {
                assertThatThrownBy(() -> server.client().execute(request.build()))
                        .isInstanceOf(IllegalArgumentException.class);
            }

            assertThat(server.requests()).isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource(ScriptedServer.Kind.class)
    void closingAResponseElsewhereEndsABlockedRead(ScriptedServer.Kind kind) throws Exception {
        CountDownLatch left = new CountDownLatch(1);
        try (ScriptedServer server = ScriptedServer.start(kind, connection -> {
                    ScriptedServer.send(connection, STREAM + "1\r\na\r\n");
                    ScriptedServer.awaitClose(connection);
                    left.countDown();
                });
                Response stream = server.get("/events")) {
            assertThat(stream.getBody().read()).isEqualTo('a');
            CompletableFuture<Throwable> reading = whenBlocked(stream);

            CompletableFuture.runAsync(stream::close).join();

            assertThat(reading.join()).isInstanceOf(ClosedChannelException.class);
            left.await();
        }
    }

    @ParameterizedTest
    @EnumSource(ScriptedServer.Kind.class)
    void anInterruptEndsAWaitForTheResponse(ScriptedServer.Kind kind) throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch left = new CountDownLatch(1);
        try (ScriptedServer server = ScriptedServer.start(kind, connection -> {
            asked.countDown();
            ScriptedServer.awaitClose(connection);
            left.countDown();
        })) {
            CompletableFuture<Throwable> failed = new CompletableFuture<>();
            Thread caller = new Thread(() -> failed.complete(failureOf(() -> server.get("/_ping"))));
            caller.start();
            asked.await();

            caller.interrupt();

            assertThat(failed.join()).hasRootCauseInstanceOf(ClosedChannelException.class);
            left.await();
        }
    }

    @Test
    void closedResponseGivesNoMoreOfWhatItReceived() throws IOException {
        try (ScriptedServer server = ScriptedServer.sending(ScriptedServer.Kind.UNIX, OK)) {
            Response response = server.get("/_ping");
            assertThat(response.getBody().read()).isEqualTo('O');

            response.close();

            assertThatThrownBy(() -> response.getBody().read()).isInstanceOf(ClosedChannelException.class);
        }
    }

    /** An event must not wait for the next one. */
    @ParameterizedTest
    @EnumSource(ScriptedServer.Kind.class)
    void partOfAStreamIsReturnedWhenItArrives(ScriptedServer.Kind kind) throws IOException {
        CountDownLatch received = new CountDownLatch(1);
        try (ScriptedServer server = ScriptedServer.start(kind, connection -> {
                    ScriptedServer.send(connection, STREAM + "5\r\nfirst\r\n");
                    awaitQuietly(received);
                    ScriptedServer.send(connection, "6\r\nsecond\r\n0\r\n\r\n");
                });
                Response stream = server.get("/events")) {
            byte[] part = new byte[100];
            assertThat(stream.getBody().readNBytes(part, 0, 5)).isEqualTo(5);
            received.countDown();

            assertThat(text(stream)).isEqualTo("second");
        }
    }

    @Test
    void missingSocketAndClosedPortAreErrors(@TempDir Path folder) throws IOException {
        int closed;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            closed = free.getLocalPort();
        }

        assertThatThrownBy(() -> get(URI.create("unix://" + folder.resolve("none.sock"))))
                .hasRootCauseMessage("No such file or directory");
        assertThatThrownBy(() -> get(URI.create("tcp://127.0.0.1:" + closed)))
                .hasRootCauseMessage("Connection refused");
    }

    /** Linux ignores further connects to a port whose queue is full, as a firewall does that drops packets. */
    @Test
    void connectToAPortThatAnswersNothingEndsInTime() throws IOException {
        List<SocketChannel> waiting = new ArrayList<>();
        try (ServerSocket full = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            for (int i = 0; i < 4; i++) {
                SocketChannel one = SocketChannel.open();
                one.configureBlocking(false);
                one.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), full.getLocalPort()));
                waiting.add(one);
            }

            assertThatThrownBy(() -> get(URI.create("tcp://127.0.0.1:" + full.getLocalPort())))
                    .hasRootCauseInstanceOf(SocketTimeoutException.class);
        } finally {
            for (SocketChannel one : waiting) {
                one.close();
            }
        }
    }

    private static void get(URI host) {
        new EngineTransport(host, Duration.ofMillis(200))
                .execute(ScriptedServer.request("GET", "/_ping").build())
                .close();
    }

    private static String text(Response response) throws IOException {
        try (response) {
            return new String(response.getBody().readAllBytes(), StandardCharsets.ISO_8859_1);
        }
    }

    /** Starts a read of a stream that sends nothing, and returns when the reading thread waits. */
    private static CompletableFuture<Throwable> whenBlocked(Response stream) {
        CompletableFuture<Throwable> failed = new CompletableFuture<>();
        Thread reader = new Thread(
                () -> failed.complete(failureOf(() -> stream.getBody().read())));
        reader.start();
        org.awaitility.Awaitility.await()
                .until(() -> List.of(reader.getStackTrace()).stream()
                        .anyMatch(frame -> frame.getClassName().contains("SocketChannelImpl")));
        return failed;
    }

    private static Throwable failureOf(org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        return org.assertj.core.api.Assertions.catchThrowable(call);
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
