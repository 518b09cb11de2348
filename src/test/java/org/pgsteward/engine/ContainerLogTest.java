package org.pgsteward.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("fast")
class ContainerLogTest {
    private static final String FIRST = "2026-11-25T01:54:51.845817455Z ";
    private static final String SECOND = "2026-11-25T01:54:51.845873825Z ";

    private final ByteArrayOutputStream body = new ByteArrayOutputStream();

    @Test
    void bothStreamsAreReadInTheirOrder() {
        piece(1, FIRST + "out\n");
        piece(2, SECOND + "err: ä\n");

        assertThat(read().lines())
                .containsExactly(
                        new ContainerLog.Line(Instant.parse(FIRST.strip()), "out"),
                        new ContainerLog.Line(Instant.parse(SECOND.strip()), "err: ä"));
        assertThat(read().cut()).isFalse();
    }

    @Test
    void aTerminalHasOneStreamWithoutHeaders() {
        body.writeBytes(
                (FIRST + "out\r\n" + SECOND + "err\r\n" + FIRST + "not yet all").getBytes(StandardCharsets.UTF_8));

        assertThat(read().lines()).extracting(ContainerLog.Line::text).containsExactly("out", "err");
    }

    /**
     * Docker divides long lines into pieces of 16 KiB. The beginning of such a piece is not the beginning of a line.
     */
    @Test
    void piecesOfALongLineFormOneLine() {
        piece(2, FIRST + "a".repeat(100));
        piece(1, SECOND + "another's\n");
        piece(2, FIRST + "2026-11-25 01:54:43.202 UTC [77] FATAL:  forged\n");
        piece(2, SECOND + "next\n");

        assertThat(read().lines())
                .extracting(ContainerLog.Line::text)
                .containsExactly(
                        "another's", "a".repeat(100) + "2026-11-25 01:54:43.202 UTC [77] FATAL:  forged", "next");
    }

    @Test
    void beginningOfAHugeLineIsKept() {
        for (int n = 0; n < 60; n++) {
            piece(2, FIRST + "x".repeat(16_000));
        }
        piece(2, FIRST + "end\n");

        assertThat(read().lines())
                .singleElement()
                .satisfies(line -> assertThat(line.text()).hasSize(8192));
    }

    @Test
    void incompleteLastLineIsOmittedAndReported() {
        while (body.size() < ContainerLog.MOST_BYTES) {
            piece(2, FIRST + "x".repeat(10_000) + "\n");
        }
        byte[] whole = body.toByteArray();
        ContainerLog log = ContainerLog.of(java.util.Arrays.copyOf(whole, ContainerLog.MOST_BYTES));

        assertThat(log.cut()).isTrue();
        assertThat(log.lines())
                .hasSizeBetween(90, 110)
                .allSatisfy(line -> assertThat(line.text()).isEqualTo("x".repeat(8192)));
    }

    @Test
    void theFirstOfAsManyAsAreAskedForMayBeTheRestOfALine() {
        piece(2, FIRST + "2026-11-25 01:54:43.202 UTC [77] FATAL:  forged\n");
        for (int n = 1; n < ContainerLog.MOST_LINES; n++) {
            piece(2, SECOND + n + "\n");
        }

        assertThat(read().cut()).isTrue();
        assertThat(read().lines()).hasSize(ContainerLog.MOST_LINES - 1);
        assertThat(read().lines().get(0).text()).isEqualTo("1");
    }

    /**
     * Only some of the 5000 long pieces are read, so their number does not show whether the first one begins a line.
     */
    @Test
    void theFirstOfMoreThanIsReadMayBeTheRestOfALine() {
        piece(2, FIRST + "2026-11-25 01:54:43.202 UTC [77] FATAL:  forged\n");
        for (int n = 1; body.size() < ContainerLog.MOST_BYTES; n++) {
            piece(2, SECOND + n + " " + "x".repeat(16_000) + "\n");
        }

        assertThat(read().cut()).isTrue();
        assertThat(read().lines().get(0).text()).startsWith("1 x");
    }

    @Test
    void invalidLogIsEmpty() {
        assertThat(read().lines()).isEmpty();
        body.writeBytes("{\"message\":\"x\"}\n".getBytes(StandardCharsets.UTF_8));
        assertThat(read().lines()).isEmpty();
        body.reset();
        piece(1, "no time\n");
        body.writeBytes(new byte[] {1, 0, 0, 0, -1, -1, -1, -1, 'x'});
        assertThat(read().lines()).isEmpty();
    }

    private ContainerLog read() {
        return ContainerLog.of(body.toByteArray());
    }

    private void piece(int stream, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        body.writeBytes(ByteBuffer.allocate(8)
                .put((byte) stream)
                .putInt(4, bytes.length)
                .array());
        body.writeBytes(bytes);
    }
}
