package org.pgsteward.postgres.login;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;

/**
 * What a server sends after the login, for a driver that takes each message into memory as a whole. A message is as long
 * as the server says: one row of a service, or one of its error messages, would be enough to end this process.
 *
 * <ol>
 *   <li>A long row of {@code COPY} is handed on as an empty line, since the driver reads {@code COPY} only to count rows.
 *   <li>A long notice is left out, and so are those that follow many others: the driver keeps all notices of a statement.
 *   <li>In the place of any other long message comes an error, by which the statement fails; of a long error, a short one.
 * </ol>
 */
final class BoundedMessages extends InputStream {
    /** Bytes. Our own statements ask for less: two pieces of 1 MB are the most. */
    static final int MOST = 4 * 1024 * 1024;

    /** Bytes of a row of {@code COPY}. */
    static final int MOST_OF_COPY = 64 * 1024;

    /** Bytes of an error. The driver holds its text several times. */
    static final int MOST_OF_AN_ERROR = 64 * 1024;

    /** Bytes of the notices of a statement. */
    static final int MOST_OF_NOTICES = 64 * 1024;

    /** Its type and its length. */
    private static final int HEADER = 5;

    private static final char COPY_DATA = 'd';
    private static final char ERROR = 'E';
    private static final char NOTICE = 'N';
    private static final char READY_FOR_QUERY = 'Z';

    private final InputStream in;

    /** Kept between two calls, since one of them may end with a time-out half-way. */
    private final ByteBuffer header = ByteBuffer.allocate(HEADER);

    /** What the driver gets before more is read. */
    private ByteBuffer ready = ByteBuffer.allocate(0);

    /** Bytes of the present message that are handed on. */
    private long passing;

    /** Bytes of the present message that are not. */
    private long skipping;

    /** Bytes of the notices since the last statement ended. */
    private long notices;

    BoundedMessages(InputStream in) {
        this.in = new BufferedInputStream(in);
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        while (true) {
            if (skipping > 0) {
                skip();
            } else if (ready.hasRemaining()) {
                int count = Math.min(length, ready.remaining());
                ready.get(buffer, offset, count);
                return count;
            } else if (passing > 0) {
                int count = in.read(buffer, offset, (int) Math.min(length, passing));
                passing -= Math.max(0, count);
                return count;
            } else if (!readHeader()) {
                return -1;
            }
        }
    }

    private void skip() throws IOException {
        long skipped = in.skip(skipping);
        if (skipped == 0) {
            if (in.read() < 0) {
                throw new EOFException("the server's connection ended within a message");
            }
            skipped = 1;
        }
        skipping -= skipped;
    }

    /** Whether there is another message. */
    private boolean readHeader() throws IOException {
        while (header.hasRemaining()) {
            int next = in.read();
            if (next < 0) {
                return false;
            }
            header.put((byte) next);
        }
        header.flip();
        char type = (char) (header.get() & 0xff);
        int length = header.getInt();
        header.clear();
        int size = length - Integer.BYTES;
        if (size < 0) {
            throw new IOException("the server sent a message of " + size + " bytes");
        }
        if (type == READY_FOR_QUERY) {
            notices = 0;
        }
        if (size <= most(type)) {
            notices += type == NOTICE ? length : 0;
            ready = message(type, length);
            passing = size;
        } else {
            skipping = size;
            ready = insteadOf(type, size);
        }
        return true;
    }

    /** Bytes of a message of that type that is handed on. */
    private long most(char type) {
        return switch (type) {
            case COPY_DATA -> MOST_OF_COPY;
            case ERROR -> MOST_OF_AN_ERROR;
            case NOTICE -> MOST_OF_NOTICES - notices;
            default -> MOST;
        };
    }

    private static ByteBuffer message(char type, int length) {
        return ByteBuffer.allocate(HEADER).put((byte) type).putInt(length).flip();
    }

    private static ByteBuffer insteadOf(char type, int size) {
        return switch (type) {
            case COPY_DATA ->
                // One byte at least, which the driver takes for granted.
                ByteBuffer.allocate(HEADER + 1)
                        .put((byte) type)
                        .putInt(Integer.BYTES + 1)
                        .put((byte) '\n')
                        .flip();
            case NOTICE -> ByteBuffer.allocate(0);
            case ERROR -> tooLong("an error of " + size / 1024 + " KiB", MOST_OF_AN_ERROR / 1024 + " KiB");
            default -> tooLong(size / 1024 / 1024 + " MiB at once", MOST / 1024 / 1024 + " MiB");
        };
    }

    private static ByteBuffer tooLong(String sent, String most) {
        return ByteBuffer.wrap(
                BackendMessage.tooLong("the server sent " + sent + ", and pgsteward reads at most " + most)
                        .bytes());
    }

    @Override
    public int available() throws IOException {
        return skipping > 0 ? 0 : ready.remaining() + (int) Math.min(passing, in.available());
    }
}
