package org.pgsteward.camel.receivers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.GZIPOutputStream;
import org.apache.camel.CamelContext;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** An endless answer of a receiver costs it at most the notice, and does no harm to pgsteward. */
@Tag("fast")
class EndlessAnswersTest {
    /**
     * An upper limit of the socket buffers on both sides, in bytes. They hide for a while that the client has closed
     * the connection.
     */
    private static final long BUFFERS = 32L * 1024 * 1024;

    @TempDir
    private Path state;

    @ParameterizedTest
    @CsvSource({
        "webhook, 500, body, HTTP status 500: xxxx",
        "gotify,  500, body, HTTP status 500: xxxx",
        "slack,   500, chunks, HTTP status 500: xxxx",
        "ntfy,    500, gzip, HTTP status 500",
        "webhook, 200, headers, header",
        "gotify,  500, headers, header",
        "discord, 200, header, length",
        "webhook, 200, status, length",
    })
    void anAnswerWithoutAnEndIsCutAndTheNoticeWaits(String receiver, int status, String what, String said)
            throws Exception {
        AtomicLong sent = new AtomicLong();
        try (ServerSocket server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
                CapturedLog log = new CapturedLog()) {
            serve(server, status, what, sent);
            try (Desk desk = new Desk(state, settings(receiver, server.getLocalPort()))
                    .load(Desk.ALERTS)
                    .start()) {
                desk.raise(Desk.bad("vikunja"));
                await().until(() -> log.text().contains("next attempt"));
                assertThat(log.text()).containsIgnoringCase(said);
                assertThat(desk.outbox.depth(receiver)).isEqualTo(1);
            }
        }
        assertThat(sent.get()).isLessThan(2 * BUFFERS);
    }

    @ParameterizedTest
    @CsvSource({"webhook, 200, body", "gotify, 204, body", "slack, 200, chunks", "ntfy, 200, gzip"})
    void aNoticeThatWasTakenIsTakenHoweverLongTheAnswer(String receiver, int status, String what) throws Exception {
        AtomicLong sent = new AtomicLong();
        try (ServerSocket server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
            serve(server, status, what, sent);
            try (Desk desk = new Desk(state, settings(receiver, server.getLocalPort()))
                    .load(Desk.ALERTS)
                    .start()) {
                desk.raise(Desk.bad("vikunja"));
                await().until(() -> desk.outbox.depth(receiver) == 0);
            }
        }
        assertThat(sent.get()).isLessThan(2 * BUFFERS);
    }

    @Test
    @Timeout(120)
    void aLetterAtATimeIsNoAnswer() throws Exception {
        BoundedHttpComponent http = new BoundedHttpComponent();
        http.setAnswerWithin(Duration.ofSeconds(1));
        CamelContext context = new DefaultCamelContext();
        try (ServerSocket server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
            serve(server, 200, "letters", new AtomicLong());
            context.addComponent("http", http);
            context.start();
            ProducerTemplate sender = context.createProducerTemplate();

            assertThatThrownBy(() -> sender.requestBody("http://127.0.0.1:" + server.getLocalPort(), "notice"))
                    .rootCause()
                    .hasMessage("no answer within 1 s");
        } finally {
            context.stop();
        }
    }

    private static Map<String, String> settings(String receiver, int port) {
        String url = "http://127.0.0.1:" + port;
        Map<String, String> settings = new HashMap<>();
        settings.put("pgsteward." + receiver + ".enabled", "true");
        settings.put("pgsteward." + receiver + ".url", url);
        settings.put("pgsteward." + receiver + ".token", "secret");
        settings.put("pgsteward." + receiver + ".topic", "topic");
        return settings;
    }

    private static void serve(ServerSocket server, int status, String what, AtomicLong sent) {
        Thread thread = new Thread(
                () -> {
                    while (!server.isClosed()) {
                        try (Socket socket = server.accept()) {
                            answer(socket, status, what, sent);
                        } catch (IOException hungUp) {
                            // The client closed the connection, or the test ended.
                            sent.addAndGet(0);
                        }
                    }
                },
                "endless");
        thread.setDaemon(true);
        thread.start();
    }

    private static void answer(Socket socket, int status, String what, AtomicLong sent) throws IOException {
        InputStream request = socket.getInputStream();
        request.read(new byte[64 * 1024]);
        OutputStream out = socket.getOutputStream();
        String head = "HTTP/1.1 " + status + " Whatever\r\n";
        byte[] zeros = "x".repeat(8192).getBytes(StandardCharsets.US_ASCII);
        byte[] endless = zeros;
        switch (what) {
            case "body" -> head += "Content-Type: text/plain\r\n\r\n";
            case "chunks" -> {
                head += "Content-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n";
                endless = ("2000\r\n" + "x".repeat(8192) + "\r\n").getBytes(StandardCharsets.US_ASCII);
            }
            case "gzip" -> {
                head += "Content-Type: text/plain\r\nContent-Encoding: gzip\r\n\r\n";
                endless = bomb();
            }
            case "headers" -> endless = "X-More: x\r\n".repeat(500).getBytes(StandardCharsets.US_ASCII);
            case "letters" -> {
                spell(socket, head + "X-Long: ");
                return;
            }
            case "header" -> head += "X-Long: ";
            case "status" -> head = "HTTP/1.1 " + status + " ";
            default -> throw new IllegalArgumentException(what);
        }
        out.write(head.getBytes(StandardCharsets.US_ASCII));
        while (sent.get() < 4 * BUFFERS) {
            out.write(endless);
            sent.addAndGet(endless.length);
        }
    }

    /** Sends one letter at a time until the other side closes the connection. Checks that between two letters. */
    private static void spell(Socket socket, String head) throws IOException {
        OutputStream out = socket.getOutputStream();
        out.write(head.getBytes(StandardCharsets.US_ASCII));
        socket.setSoTimeout(100);
        for (int next = 0; next >= 0; ) {
            try {
                next = socket.getInputStream().read();
            } catch (SocketTimeoutException stillThere) {
                out.write('x');
            }
        }
    }

    /** Returns a gzip part with 64 MB of one letter. Repeated parts form one gzip stream for a reader. */
    private static byte[] bomb() throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
            byte[] part = new byte[1024 * 1024];
            java.util.Arrays.fill(part, (byte) 'x');
            for (int i = 0; i < 64; i++) {
                gzip.write(part);
            }
        }
        return packed.toByteArray();
    }
}
