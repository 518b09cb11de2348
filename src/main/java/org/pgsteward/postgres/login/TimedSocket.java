package org.pgsteward.postgres.login;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.time.Duration;

/**
 * A socket that must complete its login by a deadline, however slowly the bytes arrive. Afterwards it is a plain
 * socket.
 */
final class TimedSocket extends Socket {
    private final long deadline;
    private volatile boolean timed = true;

    /**
     * Creates a socket.
     *
     * @param deadline a value of {@link System#nanoTime}
     */
    TimedSocket(long deadline) {
        this.deadline = deadline;
    }

    /**
     * Connects within a share of the remaining time.
     *
     * @param share the divisor of the remaining time: all of it for 1, half for 2
     */
    @Override
    public void connect(SocketAddress address, int share) throws IOException {
        super.connect(address, Math.max(1, remaining() / share));
        setTcpNoDelay(true);
        setKeepAlive(true);
    }

    /** Ends the deadline, since the login is done. Afterwards only {@link #setSoTimeout} applies. */
    void untimed() throws SocketException {
        timed = false;
        setSoTimeout(0);
    }

    private int remaining() throws SocketTimeoutException {
        long left = Duration.ofNanos(deadline - System.nanoTime()).toMillis();
        if (left <= 0) {
            throw new SocketTimeoutException("the login took too long");
        }
        return (int) Math.min(left, Integer.MAX_VALUE);
    }

    @Override
    public InputStream getInputStream() throws IOException {
        return new FilterInputStream(super.getInputStream()) {
            @Override
            public int read() throws IOException {
                byte[] one = new byte[1];
                return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
            }

            @Override
            public int read(byte[] buffer, int offset, int length) throws IOException {
                if (timed) {
                    setSoTimeout(remaining());
                }
                return super.read(buffer, offset, length);
            }
        };
    }
}
