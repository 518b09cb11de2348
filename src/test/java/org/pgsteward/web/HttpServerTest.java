package org.pgsteward.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.function.Supplier;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgsteward.web.http.Response;

/** The health check answers despite any behaviour of other clients on the port. */
@Tag("fast")
class HttpServerTest {
    /** A size that exceeds the buffers of a socket's two ends. */
    private static final String PAGE = "p".repeat(5 * 1024 * 1024);

    private final CountDownLatch release = new CountDownLatch(1);
    private final List<Socket> open = new ArrayList<>();
    private HttpServer server;

    @BeforeEach
    void start() throws IOException {
        Map<String, Supplier<Response>> paths = Map.of(
                "/", () -> Response.plain(200, PAGE),
                "/observe/health", () -> Response.plain(200, "UP"),
                "/observe/health/live", () -> Response.plain(200, "UP"),
                "/broken",
                        () -> {
                            throw new IllegalStateException("broken");
                        },
                "/observe/metrics",
                        () -> {
                            try {
                                release.await();
                            } catch (InterruptedException e) {
                                Thread.currentThread().interrupt();
                            }
                            return Response.plain(200, "metrics");
                        });
        server = HttpServer.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), paths, this::service);
    }

    private Response service(String name) {
        if (name.equals("hangs")) {
            try {
                release.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        return Response.plain(200, "page of " + name);
    }

    @AfterEach
    void stop() throws IOException {
        release.countDown();
        for (Socket socket : open) {
            socket.close();
        }
        server.close();
    }

    /** Once, two such connections blocked the server forever. */
    @ParameterizedTest
    @ValueSource(ints = {2, 20, 200})
    void connectionsThatReadNothingDoNotBlockHealth(int connections) throws IOException {
        for (int i = 0; i < connections; i++) {
            send(connect(), "GET / HTTP/1.1\r\nHost: a\r\n\r\n".repeat(50));
            if (i % 20 == 0) {
                assertThat(body(ask("GET /observe/health/live HTTP/1.1\r\nHost: a\r\n\r\n")))
                        .isEqualTo("UP\n");
            }
        }
        assertThat(body(ask("GET /observe/health HTTP/1.1\r\nHost: a\r\n\r\n"))).isEqualTo("UP\n");
        // A request during the answer to the last of them is refused, because there are too many.
        await().untilAsserted(() ->
                assertThat(body(ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n"))).hasSize(PAGE.length() + 1));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "GET /", "GET / HTTP/1.1\r\nHost: a\r\nX: "})
    void halfRequestsDoNotBlockHealth(String half) throws IOException {
        for (int i = 0; i < 100; i++) {
            send(connect(), half);
        }
        assertThat(body(ask("GET /observe/health HTTP/1.1\r\nHost: a\r\n\r\n"))).isEqualTo("UP\n");
    }

    @Test
    void hangingScrapesDoNotBlockHealth() throws Exception {
        for (int i = 0; i < 40; i++) {
            send(connect(), "GET /observe/metrics HTTP/1.1\r\nHost: a\r\n\r\n");
        }
        assertThat(body(ask("GET /observe/health HTTP/1.1\r\nHost: a\r\n\r\n"))).isEqualTo("UP\n");

        release.countDown();
        assertThat(body(ask("GET /observe/metrics HTTP/1.1\r\nHost: a\r\n\r\n")))
                .isEqualTo("metrics\n");
    }

    /** PostgreSQL may be paused, and the health check waits for it. */
    @Test
    void requestWithoutAnAnswerInTimeGetsAnError() throws IOException {
        assertThat(ask("GET /observe/metrics HTTP/1.1\r\n\r\n"))
                .startsWith("HTTP/1.1 503 ")
                .endsWith("there is no answer within 10 s; PostgreSQL or the Docker Engine may be unavailable\n");
    }

    @Test
    void aConnectionThatAsksNothingIsHungUpOn() throws IOException {
        Socket silent = connect();
        silent.setSoTimeout(60_000);
        assertThat(silent.getInputStream().read()).isEqualTo(-1);
    }

    @Test
    void theEldestOfTooManyGoes() throws IOException {
        Socket eldest = connect();
        for (int i = 0; i < 100; i++) {
            connect();
        }
        await().until(() -> {
            try {
                return eldest.getInputStream().read() < 0;
            } catch (IOException reset) {
                return true;
            }
        });
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "GET /observe/health HTTP/1.1    | 200",
                "GET /observe/health?a=b HTTP/1.0 | 200",
                "GET http://a/observe/health HTTP/1.1 | 200",
                "HEAD / HTTP/1.1                 | 200",
                "GET /observe/healthy HTTP/1.1   | 404",
                "GET /nothing HTTP/1.1           | 404",
                "POST / HTTP/1.1                 | 405",
                "DELETE /observe/health HTTP/1.1 | 405",
                "GET /broken HTTP/1.1            | 500",
                "GET /services/wiki HTTP/1.1     | 200",
                "HEAD /services/wiki HTTP/1.1    | 200",
                "POST /services/wiki HTTP/1.1    | 405",
                "GET /services HTTP/1.1          | 404",
                "GET /services/%zz HTTP/1.1      | 400",
                "GET / HTTP/2                    | 400",
                "GET /{} HTTP/1.1                | 400",
                "GET                             | 400",
                "hello                           | 400",
            })
    void everyRequestIsAnsweredOnceAndHungUpOn(String request, int status) throws IOException {
        String answer = ask(request.strip() + "\r\nHost: a\r\n\r\n");
        assertThat(answer).startsWith("HTTP/1.1 " + status + " ").contains("\r\nConnection: close\r\n");
        assertThat(answer.contains("\r\nAllow: GET, HEAD\r\n")).isEqualTo(status == 405);
        if (request.startsWith("HEAD / ")) {
            assertThat(body(answer)).isEmpty();
            assertThat(answer).contains("\r\nContent-Length: " + (PAGE.length() + 1) + "\r\n");
        } else if (request.startsWith("HEAD")) {
            assertThat(body(answer)).isEmpty();
            assertThat(answer).contains("\r\nContent-Length: 13\r\n");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "wiki          | wiki",
                "_globals      | _globals",
                "a%20b%2Fc     | a b/c",
                "a/b           | a/b",
                "%3Cscript%3E  | <script>",
                "gr%C3%BC%C3%9Fe | grüße",
                "%FF           | \uFFFD",
                "wiki?x=1      | wiki",
                "%2525         | %25",
            })
    void theNameInThePathIsDecodedOnce(String path, String name) throws IOException {
        assertThat(body(ask("GET /services/" + path + " HTTP/1.1\r\n\r\n"))).isEqualTo("page of " + name + "\n");
    }

    @Test
    void anUnknownServiceIsOneClearLine() throws IOException {
        try (HttpServer bare = HttpServer.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), Map.of())) {
            assertThat(ask(bare.port(), "GET /services/wi%0D%0Aki%00%3Cb%3E HTTP/1.1\r\n\r\n"))
                    .startsWith("HTTP/1.1 404 Not Found\r\n")
                    .contains("\r\nContent-Type: text/plain; charset=utf-8\r\n")
                    .contains("\r\nX-Content-Type-Options: nosniff\r\n")
                    .endsWith("\r\n\r\nthere is no service or database 'wi ki <b>'; the page at / lists all of them\n");
            assertThat(body(ask(bare.port(), "GET /services/" + "n".repeat(5000) + " HTTP/1.1\r\n\r\n")))
                    .isEqualTo("there is no service or database '" + "n".repeat(99)
                            + "…'; the page at / lists all of them\n");
            assertThat(ask(bare.port(), "GET /services/" + "n".repeat(9000) + " HTTP/1.1\r\n\r\n"))
                    .startsWith("HTTP/1.1 431 ");
        }
    }

    @Test
    void hangingServicePagesDelayNothingElseAndAreLimited() throws IOException {
        for (int i = 0; i < 1 + 16; i++) {
            send(connect(), "GET /services/hangs HTTP/1.1\r\n\r\n");
        }
        await().untilAsserted(() -> assertThat(ask("GET /services/wiki HTTP/1.1\r\n\r\n"))
                .startsWith("HTTP/1.1 503 ")
                .endsWith("too many requests for this at once\n"));
        assertThat(body(ask("GET / HTTP/1.1\r\n\r\n"))).hasSize(PAGE.length() + 1);
        assertThat(body(ask("GET /observe/health HTTP/1.1\r\n\r\n"))).isEqualTo("UP\n");

        release.countDown();
        await().untilAsserted(() ->
                assertThat(body(ask("GET /services/wiki HTTP/1.1\r\n\r\n"))).isEqualTo("page of wiki\n"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "Accept-Encoding: gzip                    | true",
                "accept-encoding: br;q=1.0, GZIP;q=0.8    | true",
                "Accept-Encoding: deflate,x-gzip          | true",
                "Accept-Encoding: gzip;q=0                | false",
                "Accept-Encoding: gzip; q=0.00            | false",
                "Accept-Encoding: br, gzipped             | false",
                "Accept: gzip                             | false",
            })
    void aLargeAnswerIsCompressedIfTheClientAcceptsIt(String header, boolean compressed) throws IOException {
        String answer = new String(
                bytes(server.port(), "GET / HTTP/1.1\r\n" + header + "\r\n\r\n"), StandardCharsets.ISO_8859_1);
        assertThat(answer).contains("\r\nVary: Accept-Encoding\r\n");
        assertThat(answer.contains("\r\nContent-Encoding: gzip\r\n")).isEqualTo(compressed);
        byte[] body = body(answer).getBytes(StandardCharsets.ISO_8859_1);
        assertThat(answer).contains("\r\nContent-Length: " + body.length + "\r\n");
        byte[] page = compressed ? new GZIPInputStream(new ByteArrayInputStream(body)).readAllBytes() : body;
        assertThat(new String(page, StandardCharsets.UTF_8)).isEqualTo(PAGE + "\n");

        String head = ask("HEAD / HTTP/1.1\r\n" + header + "\r\n\r\n");
        assertThat(body(head)).isEmpty();
        assertThat(head).contains("\r\nContent-Length: " + body.length + "\r\n");
        assertThat(ask("GET /observe/health HTTP/1.1\r\n" + header + "\r\n\r\n"))
                .doesNotContain("Content-Encoding", "Vary");
    }

    @Test
    void aHeadWithoutAnEndIsRefused() throws IOException {
        assertThat(ask("GET / HTTP/1.1\r\nX: " + "x".repeat(20_000))).startsWith("HTTP/1.1 431 ");
    }

    /** Otherwise unread data would reset the connection before the client has the answer. */
    @Test
    void unreadBodyStillGetsAnAnswer() throws IOException {
        assertThat(ask("POST / HTTP/1.1\r\nContent-Length: 500000\r\n\r\n" + "b".repeat(500_000)))
                .startsWith("HTTP/1.1 405 ");
    }

    @Test
    void aPortThatIsTakenIsNamed() {
        InetSocketAddress taken = new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port());
        assertThatThrownBy(() -> HttpServer.open(taken, Map.of()))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("cannot listen on")
                .hasMessageContaining(":" + server.port())
                .hasMessageContaining("pgsteward.http.port");
    }

    private Socket connect() throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
        socket.setReceiveBufferSize(4096);
        open.add(socket);
        return socket;
    }

    private static void send(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
        socket.getOutputStream().flush();
    }

    /** Returns everything received until the server closes the connection. */
    private String ask(String request) throws IOException {
        return ask(server.port(), request);
    }

    private static String ask(int port, String request) throws IOException {
        return new String(bytes(port, request), StandardCharsets.UTF_8);
    }

    private static byte[] bytes(int port, String request) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(30_000);
            send(socket, request);
            return socket.getInputStream().readAllBytes();
        }
    }

    private static String body(String answer) {
        return answer.substring(answer.indexOf("\r\n\r\n") + 4);
    }
}
