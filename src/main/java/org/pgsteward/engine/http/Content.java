package org.pgsteward.engine.http;

import java.io.EOFException;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** The content of a response as its head delimits it (RFC 9112, section 6.3). */
interface Content {
    int NO_CONTENT = 204;
    int NOT_MODIFIED = 304;

    /**
     * Waits for at least one byte and returns the number of bytes; -1 at the end of the content.
     *
     * @throws IOException if the connection ends before the content, or the content is malformed
     */
    int read(byte[] into, int from, int length) throws IOException;

    /**
     * Returns the content that follows the head.
     *
     * @throws IOException if the head does not say where the content ends, or the content has a coding, since none was
     *     requested
     */
    static Content of(ResponseHead head, Incoming incoming) throws IOException {
        if (head.status() == NO_CONTENT || head.status() == NOT_MODIFIED) {
            return (into, from, length) -> -1;
        }
        Optional<String> coding = head.value("Content-Encoding").filter(value -> !value.equalsIgnoreCase("identity"));
        if (coding.isPresent()) {
            throw new IOException("the response has a content coding, which was not requested");
        }
        Optional<String> transfer = head.value("Transfer-Encoding");
        if (transfer.isPresent()) {
            return transferred(transfer.get(), incoming);
        }
        Optional<String> length = head.value("Content-Length");
        if (length.isPresent()) {
            return new Sized(length(length.get()), incoming);
        }
        return incoming::read;
    }

    private static Content transferred(String coding, Incoming incoming) throws IOException {
        if (coding.equalsIgnoreCase("chunked")) {
            return new ChunkedContent(incoming);
        }
        // A coding of HTTP/1.1 before RFC 7230: the content ends with the connection.
        if (coding.equalsIgnoreCase("identity")) {
            return incoming::read;
        }
        throw new IOException("the response has a transfer coding other than chunked");
    }

    /** Repeated equal lengths are valid. Different ones are refused: two programs may delimit the content differently. */
    private static long length(String value) throws IOException {
        List<String> lengths = Arrays.stream(value.split(",", -1))
                .map(String::strip)
                .distinct()
                .toList();
        // A long has at least 18 digits.
        if (lengths.size() != 1 || !lengths.get(0).matches("[0-9]{1,18}")) {
            throw new IOException("the response has an invalid Content-Length");
        }
        return Long.parseLong(lengths.get(0));
    }

    /** Content of a known length (RFC 9112, section 6.2). */
    final class Sized implements Content {
        private final Incoming incoming;
        private long left;

        Sized(long length, Incoming incoming) {
            this.left = length;
            this.incoming = incoming;
        }

        @Override
        public int read(byte[] into, int from, int length) throws IOException {
            if (left == 0) {
                return -1;
            }
            int count = incoming.read(into, from, (int) Math.min(length, left));
            if (count < 0) {
                throw new EOFException("the connection ended " + left + " bytes before the end of the response");
            }
            left -= count;
            return count;
        }
    }
}
