package org.pgsteward.engine.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.dockerjava.transport.DockerHttpClient.Response;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The forms of a response, valid and malformed, from a server on a real socket. */
@Tag("fast")
@Timeout(60)
class ResponseTest {
    private static final String OK = "HTTP/1.1 200 OK\r\n";
    private static final String CHUNKED = OK + "Transfer-Encoding: chunked\r\n\r\n";

    private static Stream<Arguments> validResponses() {
        return Stream.of(
                Arguments.of("known length", OK + "Content-Length: 5\r\n\r\nhello, and the next one", "hello"),
                Arguments.of("repeated length", OK + "Content-Length: 5, 5\r\ncontent-length: 5\r\n\r\nhello", "hello"),
                Arguments.of("empty", OK + "Content-Length: 0\r\n\r\n", ""),
                Arguments.of("until the end of the connection", "HTTP/1.0 200 OK\r\n\r\nhello", "hello"),
                Arguments.of("chunks", CHUNKED + "2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n", "hello"),
                Arguments.of(
                        "chunks with extensions and trailers",
                        CHUNKED + "0005;a=\"b;c\";d\r\nhello\r\n00 ;last\r\nX-Checksum: 1\r\n folded\r\n\r\n",
                        "hello"),
                Arguments.of(
                        "large hexadecimal size",
                        CHUNKED + "1A\r\n" + "x".repeat(26) + "\r\n0\r\n\r\n",
                        "x".repeat(26)),
                Arguments.of(
                        "chunked despite a length",
                        OK + "Content-Length: 2\r\nTRANSFER-ENCODING: Chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
                        "hello"),
                Arguments.of("line feeds alone", "HTTP/1.1 200\nContent-Length: 5\n\nhello", "hello"),
                Arguments.of(
                        "interim responses",
                        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + OK
                                + "Content-Length: 5\r\n\r\nhello",
                        "hello"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("validResponses")
    void validResponseIsReadAsAWholeAndByteByByte(String form, String sent, String content) throws IOException {
        for (ScriptedServer.Kind kind : ScriptedServer.Kind.values()) {
            try (ScriptedServer server = ScriptedServer.sending(kind, sent)) {
                assertThat(content(server)).as(form).isEqualTo(content);
            }
            try (ScriptedServer server =
                    ScriptedServer.start(kind, connection -> ScriptedServer.sendInFragments(connection, sent))) {
                assertThat(content(server)).as(form).isEqualTo(content);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(ScriptedServer.Kind.class)
    void contentLargerThanAllBuffersIsComplete(ScriptedServer.Kind kind) throws IOException {
        String chunk = "0123456789abcdef".repeat(5000);
        String chunks = (Integer.toHexString(chunk.length()) + "\r\n" + chunk + "\r\n").repeat(20);
        try (ScriptedServer server = ScriptedServer.sending(kind, CHUNKED + chunks + "0\r\n\r\n")) {
            assertThat(content(server)).isEqualTo(chunk.repeat(20));
        }
    }

    /** These have no content, whatever their fields say (RFC 9112, section 6.3). The server keeps the connection open. */
    @ParameterizedTest
    @ValueSource(strings = {"204 No Content", "304 Not Modified"})
    void statusWithoutContentWaitsForNone(String status) throws IOException {
        try (ScriptedServer server = ScriptedServer.start(ScriptedServer.Kind.UNIX, connection -> {
            ScriptedServer.send(connection, "HTTP/1.1 " + status + "\r\nContent-Length: 5\r\n\r\n");
            ScriptedServer.awaitClose(connection);
        })) {
            assertThat(content(server)).isEmpty();
        }
    }

    @Test
    void errorHasItsStatusAndContent() throws IOException {
        try (ScriptedServer server = ScriptedServer.sending(
                        ScriptedServer.Kind.UNIX, "HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnone");
                Response response = server.get("/containers/x/json")) {
            assertThat(response.getStatusCode()).isEqualTo(404);
            assertThat(response.getBody().readAllBytes())
                    .asString(StandardCharsets.UTF_8)
                    .isEqualTo("none");
        }
    }

    @Test
    void fieldsAreFoundInAnyCaseAndUnfolded() throws IOException {
        try (ScriptedServer server = ScriptedServer.sending(
                        ScriptedServer.Kind.UNIX,
                        OK
                                + "DATE:Tue, 01 Dec 2026\r\nServer: \t Docker \r\nX-Long: one\r\n\t two\r\nX-Long: three\r\n\r\n");
                Response response = server.get("/_ping")) {
            assertThat(response.getHeader("Date")).isEqualTo("Tue, 01 Dec 2026");
            assertThat(response.getHeaders().get("server")).containsExactly("Docker");
            assertThat(response.getHeaders().get("x-long")).containsExactly("one two", "three");
            assertThat(response.getHeader("Api-Version")).isNull();
        }
    }

    private static Stream<Arguments> refusedHeads() {
        return Stream.of(
                Arguments.of("", "ended within the head"),
                Arguments.of("HTTP/1.1 200 OK\r\nContent-Le", "ended within the head"),
                Arguments.of(OK + "X: " + "x".repeat(ResponseHead.MOST_BYTES), "exceeds the limit"),
                Arguments.of(OK + ("X: " + "x".repeat(1000) + "\r\n").repeat(40) + "\r\n", "exceeds the limit"),
                Arguments.of(OK + "X: y\r\n".repeat(101) + "\r\n", "more than 100 header fields"),
                Arguments.of("HTTP/1.1 100 Continue\r\n\r\n".repeat(11) + OK + "\r\n", "more than 10 interim"),
                Arguments.of("HTTP/1.1 101 UPGRADED\r\nUpgrade: tcp\r\n\r\n", "another protocol"),
                Arguments.of("HTTP/2 200\r\n\r\n", "not HTTP/1"),
                Arguments.of("SSH-2.0-OpenSSH_9.2\r\n\r\n", "not HTTP/1"),
                Arguments.of("HTTP/1.1 99 Low\r\n\r\n", "not HTTP/1"),
                Arguments.of(OK + "no colon\r\n\r\n", "malformed header field"),
                Arguments.of(OK + "Content-Length : 5\r\n\r\nhello", "malformed header field"),
                Arguments.of(OK + " folded first\r\n\r\n", "malformed header field"),
                Arguments.of(OK + "X: a\rb\r\n\r\n", "control character"),
                Arguments.of(OK + "X: a\0b\r\n\r\n", "control character"),
                Arguments.of(OK + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!", "invalid Content-Length"),
                Arguments.of(OK + "Content-Length: -1\r\n\r\n", "invalid Content-Length"),
                Arguments.of(OK + "Content-Length: 9999999999999999999\r\n\r\n", "invalid Content-Length"),
                Arguments.of(OK + "Transfer-Encoding: gzip, chunked\r\n\r\n", "transfer coding other than chunked"),
                Arguments.of(OK + "Content-Encoding: gzip\r\n\r\n", "content coding"));
    }

    @ParameterizedTest
    @MethodSource("refusedHeads")
    void headThatIsIncompleteMalformedOrTooLongIsRefused(String sent, String error) throws IOException {
        try (ScriptedServer server = ScriptedServer.sending(ScriptedServer.Kind.UNIX, sent)) {
            assertThatThrownBy(() -> server.get("/_ping"))
                    .rootCause()
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining(error);
        }
    }

    private static Stream<Arguments> refusedChunks() {
        return Stream.of(
                Arguments.of("5;x", "ended within the size of a chunk"),
                Arguments.of("5\r\nhel", "ended within a chunk"),
                Arguments.of("5\r\nhello", "ended within the end of a chunk"),
                Arguments.of("5\r\nhello\r\n", "ended within the size of a chunk"),
                Arguments.of("5\r\nhello\r\n0\r\nX: y", "ended within the head"),
                Arguments.of("5\r\nhello!\r\n", "the end of a chunk exceeds the limit"),
                Arguments.of("5\r\nhello!\n", "a chunk of the response is longer than its size"),
                Arguments.of("x\r\nhello\r\n0\r\n\r\n", "not a hexadecimal number"),
                Arguments.of("-5\r\nhello\r\n0\r\n\r\n", "not a hexadecimal number"),
                Arguments.of("\r\nhello\r\n0\r\n\r\n", "not a hexadecimal number"),
                Arguments.of("1000000000000000\r\n", "not a hexadecimal number"));
    }

    @ParameterizedTest
    @MethodSource("refusedChunks")
    void malformedOrCutChunksAreAnError(String chunks, String error) throws IOException {
        assertBodyFails(CHUNKED + chunks, error);
    }

    @Test
    void endlessLinesOfChunksAreAnError() throws IOException {
        assertBodyFails(
                CHUNKED + "5;" + "x".repeat(2000) + "\r\nhello\r\n0\r\n\r\n", "size of a chunk exceeds the limit");
        assertBodyFails(CHUNKED + "0\r\nX: " + "y".repeat(9000) + "\r\n\r\n", "exceeds the limit");
        assertBodyFails(CHUNKED + "0\r\n" + "X: y\r\n".repeat(101) + "\r\n", "more than 100 header fields");
    }

    @Test
    void contentThatIsShorterThanItsLengthIsAnError() throws IOException {
        assertBodyFails(OK + "Content-Length: 9\r\n\r\nhello", "ended 4 bytes before the end");
    }

    /** A reader that goes on after an error must not get bytes from the wrong place. */
    @Test
    void bodyCannotBeReadOnAfterAnError() throws IOException {
        try (ScriptedServer server =
                        ScriptedServer.sending(ScriptedServer.Kind.UNIX, CHUNKED + "x\r\n5\r\nhello\r\n0\r\n\r\n");
                Response response = server.get("/")) {
            assertThatThrownBy(() -> response.getBody().read()).hasMessageContaining("not a hexadecimal number");

            assertThatThrownBy(() -> response.getBody().read()).isInstanceOf(ClosedChannelException.class);
        }
    }

    private static void assertBodyFails(String sent, String error) throws IOException {
        try (ScriptedServer server = ScriptedServer.sending(ScriptedServer.Kind.UNIX, sent)) {
            assertThatThrownBy(() -> content(server))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining(error);
        }
    }

    private static String content(ScriptedServer server) throws IOException {
        try (Response response = server.get("/")) {
            return new String(response.getBody().readAllBytes(), StandardCharsets.ISO_8859_1);
        }
    }
}
