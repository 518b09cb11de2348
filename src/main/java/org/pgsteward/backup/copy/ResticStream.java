package org.pgsteward.backup.copy;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.util.concurrent.TimeUnit;

/**
 * The output of {@code restic dump}. It ends only if restic ended well: otherwise the read at the end throws an exception.
 *
 * <p>Before the first byte, it waits for locks of other processes, and reads without a lock if the repository is read-only.
 */
final class ResticStream extends InputStream {
    /** Attempts while another process removes data, with a pause between them. */
    private static final int ATTEMPTS = 60;

    private static final int PAUSE_SECONDS = 5;

    private final Starting starting;
    private final Unlocking unlocking;
    private ResticProgram program;
    private boolean begun;
    private boolean noLock;
    private int attempt = 1;

    /** Starts the program. */
    @FunctionalInterface
    interface Starting {
        ResticProgram start(boolean noLock) throws IOException;
    }

    /** Removes stale locks. */
    @FunctionalInterface
    interface Unlocking {
        void unlock() throws IOException, InterruptedException;
    }

    ResticStream(Starting starting, Unlocking unlocking) throws IOException {
        this.starting = starting;
        this.unlocking = unlocking;
        program = starting.start(false);
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        try {
            while (true) {
                int read = program.output().read(target, offset, length);
                if (read > 0) {
                    begun = true;
                    return read;
                }
                if (isDone()) {
                    return -1;
                }
            }
        } catch (InterruptedException e) {
            close();
            Thread.currentThread().interrupt();
            throw (IOException) new InterruptedIOException("interrupted while restic read").initCause(e);
        }
    }

    /** Returns whether the content is complete. Starts again if it was not even begun because of a lock. */
    private boolean isDone() throws IOException, InterruptedException {
        try {
            program.awaitSuccess();
            return true;
        } catch (ResticFailure e) {
            if (begun) {
                throw e;
            }
            if (e.kind() == ResticFailure.Kind.READ_ONLY && !noLock) {
                noLock = true;
            } else if (e.kind() == ResticFailure.Kind.LOCKED && attempt < ATTEMPTS) {
                attempt++;
                unlocking.unlock();
                TimeUnit.SECONDS.sleep(PAUSE_SECONDS);
            } else {
                throw e;
            }
            program.close();
            program = starting.start(noLock);
            return false;
        }
    }

    @Override
    public void close() {
        program.close();
    }
}
