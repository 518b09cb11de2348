package org.pgsteward.engine.http;

import java.io.EOFException;
import java.io.IOException;

/** Content in chunks, each with its size before it (RFC 9112, section 7.1). */
final class ChunkedContent implements Content {
    /** The size limit of the line before a chunk, in bytes. Its extensions are ignored. */
    static final int MOST_SIZE_LINE = 1024;

    /** The size limit of the trailer section, in bytes. It is ignored. */
    static final int MOST_TRAILER = 8 * 1024;

    private static final String SIZE_LINE = "the size of a chunk";

    /** The most digits of a size. The number then fits in a {@code long}. */
    private static final int MOST_DIGITS = 15;

    private final Incoming incoming;

    /** The bytes of the present chunk that are not read yet. */
    private long left;

    private boolean begun;
    private boolean ended;

    ChunkedContent(Incoming incoming) {
        this.incoming = incoming;
    }

    /** Returns a part of one chunk. It waits for no further chunk, so that an event arrives without the next one. */
    @Override
    public int read(byte[] into, int from, int length) throws IOException {
        if (left == 0 && !ended) {
            nextChunk();
        }
        if (ended) {
            return -1;
        }
        int count = incoming.read(into, from, (int) Math.min(length, left));
        if (count < 0) {
            throw new EOFException("the connection ended within a chunk of the response");
        }
        left -= count;
        return count;
    }

    private void nextChunk() throws IOException {
        if (begun && !incoming.line(2, "the end of a chunk").isEmpty()) {
            throw new IOException("a chunk of the response is longer than its size");
        }
        begun = true;
        left = size(incoming.line(MOST_SIZE_LINE, SIZE_LINE));
        if (left == 0) {
            ResponseHead.fields(incoming, MOST_TRAILER, ResponseHead.MOST_FIELDS);
            ended = true;
        }
    }

    private static long size(String line) throws IOException {
        int end = line.indexOf(';');
        String digits = (end < 0 ? line : line.substring(0, end)).strip();
        if (!digits.matches("[0-9A-Fa-f]{1," + MOST_DIGITS + "}")) {
            throw new IOException(SIZE_LINE + " is not a hexadecimal number");
        }
        return Long.parseLong(digits, 16);
    }
}
