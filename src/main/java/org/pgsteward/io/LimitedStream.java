package org.pgsteward.io;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/** A stream that fails if it has more bytes than expected. A hostile sender could otherwise fill the disk or the memory. */
public final class LimitedStream extends FilterInputStream {
    private final long most;
    private final String complaint;
    private long sum;

    /** @param complaint the message of the exception */
    public LimitedStream(InputStream content, long most, String complaint) {
        super(content);
        this.most = most;
        this.complaint = complaint;
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
            throw new IOException(complaint);
        }
        return read;
    }
}
