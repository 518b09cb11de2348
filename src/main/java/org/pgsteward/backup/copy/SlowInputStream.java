package org.pgsteward.backup.copy;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.util.concurrent.TimeUnit;

/** A stream that is read at a limited rate. It waits before each part, and its sum never exceeds the rate since its start. */
final class SlowInputStream extends FilterInputStream {
    /** The number of parts in a second. */
    private static final int PARTS = 10;

    private final long bytesPerSecond;
    private final long began = System.nanoTime();
    private long sum;

    SlowInputStream(InputStream content, long bytesPerSecond) {
        super(content);
        this.bytesPerSecond = bytesPerSecond;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        int read = in.read(target, offset, (int) Math.min(length, Math.max(1, bytesPerSecond / PARTS)));
        sum += Math.max(0, read);
        long due = began + (long) (sum * (double) TimeUnit.SECONDS.toNanos(1) / bytesPerSecond);
        long wait = due - System.nanoTime();
        if (wait > 0) {
            try {
                TimeUnit.NANOSECONDS.sleep(wait);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw (IOException) new InterruptedIOException("interrupted during an upload").initCause(e);
            }
        }
        return read;
    }
}
