package org.pgsteward.web.http;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One client: it sends the head of a request, is answered, and is hung up on. Used by the listener's thread alone, but for
 * {@link #isOver}.
 */
final class HttpConnection {
    /** Bytes of a request's head. */
    private static final int MOST_BYTES = 8 * 1024;

    /** From the beginning of the connection until its answer is made. */
    private static final Duration TO_ASK = Duration.ofSeconds(10);

    /** To take the answer. */
    private static final Duration TO_TAKE = Duration.ofSeconds(30);

    /** Until the other side has seen that we hung up: what it sent meanwhile would else cost it the answer. */
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

    /** What reading found. */
    sealed interface Read {
        /** More is to come. */
        record More() implements Read {}

        /** The request is there; empty when it is none. */
        record Asked(Optional<RequestHead> head) implements Read {}

        /** It has more of a head than is read. */
        record TooLong() implements Read {}

        /** The client hung up. */
        record Gone() implements Read {}
    }

    Read read() throws IOException {
        ByteBuffer buffer = request;
        if (buffer == null) {
            // It was answered: the rest is thrown away until it leaves.
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

    /** Returns whether the request is there and has no answer yet. */
    boolean isWaiting() {
        return request == null && !answered;
    }

    boolean isAnswered() {
        return answered;
    }

    /** The answer is there, and waits to be taken. */
    void answer(ByteBuffer bytes, long now) {
        answered = true;
        answer = bytes;
        deadline = now + TO_TAKE.toNanos();
    }

    /** Sends as much of the answer as is taken now; false while some of it is left. */
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

    /** Whether it was hung up on, and its answer need not be made any more. */
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
            // It is closed all the same.
            return;
        }
    }
}
