package org.pgsteward.backup.store;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;

/**
 * Reads a stream sealed by {@code age}. Whoever reads pulls the source along, a chunk at a time, so memory is a few
 * chunks whatever the size, and no thread stands between the two.
 */
final class SealedStream extends InputStream {
    /** Bytes that age seals at a time. */
    private static final int CHUNK = 64 * 1024;

    /** Bytes: the head of a file or a sealed chunk, of which the library hands on one at a time. */
    private static final int BUFFER = 2 * CHUNK;

    private final InputStream source;
    private final byte[] plain = new byte[CHUNK];
    private final Sealed sealed = new Sealed();
    private final WritableByteChannel sealing;

    SealedStream(InputStream source, AgeKeys keys) throws IOException {
        this.source = source;
        this.sealing = keys.sealing(sealed);
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        int read = read(one, 0, 1);
        return read < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        while (sealed.isEmpty()) {
            if (!sealing.isOpen()) {
                return -1;
            }
            int read = source.read(plain, 0, CHUNK);
            if (read < 0) {
                // Only now is the last chunk marked as the last: a stream that breaks off never looks whole.
                sealing.close();
            } else {
                sealing.write(ByteBuffer.wrap(plain, 0, read));
            }
        }
        return sealed.take(target, offset, length);
    }

    @Override
    public void close() throws IOException {
        source.close();
    }

    /** What is sealed and not yet read. */
    private static final class Sealed implements WritableByteChannel {
        private final byte[] bytes = new byte[BUFFER];
        private int from;
        private int to;
        private boolean open = true;

        boolean isEmpty() {
            return from == to;
        }

        int take(byte[] target, int offset, int length) {
            int count = Math.min(length, to - from);
            System.arraycopy(bytes, from, target, offset, count);
            from += count;
            return count;
        }

        @Override
        public int write(ByteBuffer more) {
            if (from == to) {
                from = 0;
                to = 0;
            }
            int count = more.remaining();
            more.get(bytes, to, count);
            to += count;
            return count;
        }

        @Override
        public boolean isOpen() {
            return open;
        }

        @Override
        public void close() {
            open = false;
        }
    }
}
