package org.pgsteward.backup.store;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/** A stream that fails if it has more bytes than expected. A hostile place could otherwise fill the disk. */
final class LimitedStream extends FilterInputStream {
    private final long most;
    private long sum;

    LimitedStream(InputStream content, long most) {
        super(content);
        this.most = most;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        int read = in.read(target, offset, length);
        sum += Math.max(0, read);
        if (sum > most) {
            throw new IOException("it has more than the " + most + " bytes of its manifest");
        }
        return read;
    }
}
