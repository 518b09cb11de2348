package org.pgsteward.backup.copy;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/** A stream that fails beyond a number of bytes. */
final class BoundedInput extends FilterInputStream {
    private final long most;
    private long left;

    BoundedInput(InputStream content, long most) {
        super(content);
        this.most = most;
        left = most;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        int read = in.read(target, offset, length);
        left -= Math.max(0, read);
        if (left < 0) {
            throw new IOException("the target sent more than " + most + " bytes, the limit");
        }
        return read;
    }
}
