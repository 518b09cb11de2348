package org.pgsteward.engine.http;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ReadableByteChannel;

/** The received bytes of a connection, read through a buffer. */
final class Incoming {
    private static final int BUFFER = 8 * 1024;

    private final ReadableByteChannel channel;
    private final ByteBuffer received = ByteBuffer.allocate(BUFFER).flip();

    Incoming(ReadableByteChannel channel) {
        this.channel = channel;
    }

    /**
     * Waits for at least one byte and returns the number of bytes; -1 at the end of the connection.
     *
     * @throws ClosedChannelException if the channel is closed, even if the buffer has bytes
     */
    int read(byte[] into, int from, int length) throws IOException {
        if (!arrived()) {
            return -1;
        }
        int taken = Math.min(length, received.remaining());
        received.get(into, from, taken);
        return taken;
    }

    /**
     * Returns a line without its end (RFC 9112, section 2.2). LF alone also ends a line. Any other CR and a NUL are
     * refused: another program may interpret them differently.
     *
     * @param most the size limit of the line with its end, in bytes
     * @param part the name of this part of the response, for the exception
     * @throws IOException if the line exceeds the limit, has a forbidden byte, or the connection ends before the line
     */
    String line(int most, String part) throws IOException {
        StringBuilder line = new StringBuilder();
        boolean carriageReturn = false;
        for (int size = 0; size < most; size++) {
            if (!arrived()) {
                throw new EOFException("the connection ended within " + part);
            }
            char next = (char) (received.get() & 0xff);
            if (next == '\n') {
                return line.toString();
            }
            if (carriageReturn || next == 0) {
                throw new IOException("a control character is in " + part);
            }
            carriageReturn = next == '\r';
            if (!carriageReturn) {
                line.append(next);
            }
        }
        throw new IOException(part + " exceeds the limit");
    }

    /** Waits for bytes if the buffer is empty; returns false at the end of the connection. */
    private boolean arrived() throws IOException {
        if (!channel.isOpen()) {
            throw new ClosedChannelException();
        }
        if (received.hasRemaining()) {
            return true;
        }
        received.clear();
        int count = channel.read(received);
        received.flip();
        return count > 0;
    }
}
