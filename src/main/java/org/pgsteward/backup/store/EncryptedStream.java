package org.pgsteward.backup.store;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;

/**
 * A stream encrypted by {@code age}. The reader pulls the data from the source, a chunk at a time. So memory is a few
 * chunks for any size, and no thread is needed in between.
 */
final class EncryptedStream extends InputStream {
    /** Bytes that age encrypts at a time. */
    private static final int CHUNK = 64 * 1024;

    /** Bytes: the header of a file or an encrypted chunk. The library writes one at a time. */
    private static final int BUFFER = 2 * CHUNK;

    private final InputStream source;
    private final byte[] plain = new byte[CHUNK];
    private final Encrypted encrypted = new Encrypted();
    private final WritableByteChannel encrypting;

    EncryptedStream(InputStream source, AgeKeys keys) throws IOException {
        this.source = source;
        this.encrypting = keys.encrypting(encrypted);
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        int read = read(one, 0, 1);
        return read < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        while (encrypted.isEmpty()) {
            if (!encrypting.isOpen()) {
                return -1;
            }
            int read = source.read(plain, 0, CHUNK);
            if (read < 0) {
                // Only this marks the last chunk as the last one. So a stream that ends early never looks complete.
                encrypting.close();
            } else {
                encrypting.write(ByteBuffer.wrap(plain, 0, read));
            }
        }
        return encrypted.take(target, offset, length);
    }

    @Override
    public void close() throws IOException {
        source.close();
    }

    /** The encrypted bytes that are not yet read. */
    private static final class Encrypted implements WritableByteChannel {
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
