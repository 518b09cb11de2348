package org.pgsteward.postgres.login;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;

/**
 * The server's messages after the login, limited in size for a driver that reads each message into memory as a whole.
 * The server chooses the length of a message. Without a limit, one row or one error message of a service could exhaust
 * this process's memory.
 *
 * <ol>
 *   <li>A long row of {@code COPY} becomes an empty line, since the driver reads {@code COPY} only to count rows.
 *   <li>A long notice is dropped, and so are notices after many others: the driver keeps all notices of a statement.
 *   <li>Any other long message becomes an error, which makes the statement fail. A long error becomes a short one.
 * </ol>
 */
final class BoundedMessages extends InputStream {
    /** In bytes. Statements of pgsteward need less: at most two values of 1 MB each. */
    static final int MOST = 4 * 1024 * 1024;

    /** The most bytes of a row of {@code COPY}. */
    static final int MOST_OF_COPY = 64 * 1024;

    /** The most bytes of an error. The driver holds its text several times. */
    static final int MOST_OF_AN_ERROR = 64 * 1024;

    /** The most bytes of all notices of a statement. */
    static final int MOST_OF_NOTICES = 64 * 1024;

    /** The length of a message's header: its type and its length. */
    private static final int HEADER = 5;

    private static final char COPY_DATA = 'd';
    private static final char ERROR = 'E';
    private static final char NOTICE = 'N';
    private static final char READY_FOR_QUERY = 'Z';

    private final InputStream in;

    /** A field, since a time-out may interrupt the reading of a header. */
    private final ByteBuffer header = ByteBuffer.allocate(HEADER);

    /** Bytes that the driver gets before more is read from the server. */
    private ByteBuffer ready = ByteBuffer.allocate(0);

    /** The number of bytes of the current message that are still to be passed on. */
    private long passing;

    /** The number of bytes of the current message that are still to be skipped. */
    private long skipping;

    /** Bytes of the notices since the last {@code ReadyForQuery}. */
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
                throw new EOFException("the connection to the server ended within a message");
            }
            skipped = 1;
        }
        skipping -= skipped;
    }

    /** Reads a header, and returns whether there is another message. */
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

    /** Returns the most bytes of a message of that type that is passed on. */
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
                // At least one byte, since the driver assumes that there is one.
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
