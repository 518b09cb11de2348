package org.pgsteward.web.http;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One client: it sends the head of a request, gets an answer, and is disconnected. Only the listener's thread uses it,
 * except for {@link #isOver}.
 */
final class HttpConnection {
    /** Size limit of a request's head, in bytes. */
    private static final int MOST_BYTES = 8 * 1024;

    /** Time limit from the start of the connection until its answer is made. */
    private static final Duration TO_ASK = Duration.ofSeconds(10);

    /** Time limit for receiving the answer. */
    private static final Duration TO_TAKE = Duration.ofSeconds(30);

    /**
     * Time limit until the client has noticed the end of the connection. If the channel were closed at once, unread
     * bytes of the client could destroy its answer.
     */
    private static final Duration TO_LEAVE = Duration.ofSeconds(2);

    final SocketChannel channel;
    private final byte[] bytes = new byte[MOST_BYTES];
    private @Nullable ByteBuffer request = ByteBuffer.wrap(bytes);
    private @Nullable ByteBuffer answer;
    private boolean answered;
    private long deadline;
    private volatile boolean over;

    HttpConnection(SocketChannel channel, long now) {
        this.channel = channel;
        this.deadline = now + TO_ASK.toNanos();
    }

    /** Result of reading. */
    sealed interface Read {
        /** The request is incomplete. */
        record More() implements Read {}

        /** The head is complete; empty if it is not an HTTP request. */
        record Asked(Optional<RequestHead> head) implements Read {}

        /** The head exceeds the limit. */
        record TooLong() implements Read {}

        /** The client closed the connection. */
        record Gone() implements Read {}
    }

    Read read() throws IOException {
        ByteBuffer buffer = request;
        if (buffer == null) {
            // Already read: further bytes are discarded until the client leaves.
            return channel.read(ByteBuffer.wrap(bytes)) < 0 ? new Read.Gone() : new Read.More();
        }
        if (channel.read(buffer) < 0) {
            return new Read.Gone();
        }
        int end = RequestHead.end(bytes, buffer.position());
        if (end >= 0) {
            request = null;
            return new Read.Asked(RequestHead.of(bytes, end));
        }
        if (buffer.hasRemaining()) {
            return new Read.More();
        }
        request = null;
        return new Read.TooLong();
    }

    /** Returns whether the request is read and not answered yet. */
    boolean isWaiting() {
        return request == null && !answered;
    }

    boolean isAnswered() {
        return answered;
    }

    /** Sets the answer that is to be sent. */
    void answer(ByteBuffer bytes, long now) {
        answered = true;
        answer = bytes;
        deadline = now + TO_TAKE.toNanos();
    }

    /** Sends as much of the answer as the client accepts now; returns false while a part is left. */
    boolean write(long now) throws IOException {
        ByteBuffer left = answer;
        if (left != null) {
            channel.write(left);
            if (left.hasRemaining()) {
                return false;
            }
        }
        answer = null;
        channel.shutdownOutput();
        deadline = now + TO_LEAVE.toNanos();
        return true;
    }

    boolean isLate(long now) {
        return now - deadline > 0;
    }

    /** Returns whether the connection is closed, so that no answer is needed. */
    boolean isOver() {
        return over;
    }

    void close() {
        over = true;
        request = null;
        answer = null;
        try {
            channel.close();
        } catch (IOException e) {
            // It is closed nevertheless.
            return;
        }
    }
}
