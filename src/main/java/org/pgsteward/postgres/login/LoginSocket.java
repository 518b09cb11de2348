package org.pgsteward.postgres.login;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A socket for the driver. It takes the driver's first packet, logs in with it, and lets the driver read that the
 * server has accepted it. From then on it is a connection to the server.
 */
final class LoginSocket extends Socket {
    private final LoginAs login;
    private final ByteArrayOutputStream first = new ByteArrayOutputStream();
    private final OutputStream out = new Out();
    private final InputStream in = new In();
    private volatile @Nullable LoggedIn session;
    private InputStream opening = InputStream.nullInputStream();
    private InputStream messages = InputStream.nullInputStream();
    private boolean tried;
    private volatile int timeout;
    private volatile boolean closed;

    LoginSocket(LoginAs login) {
        this.login = login;
    }

    private final class Out extends OutputStream {
        @Override
        public void write(int one) throws IOException {
            write(new byte[] {(byte) one}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            LoggedIn there = session;
            if (there != null) {
                there.out().write(bytes, offset, length);
                return;
            }
            if (tried) {
                // When the driver closes a socket whose login failed, it flushes unsent bytes once more. They are
                // dropped.
                return;
            }
            first.write(bytes, offset, length);
            Optional<StartupPacket> packet = StartupPacket.of(first);
            if (packet.isPresent()) {
                tried = true;
                begin(packet.get());
            }
        }

        @Override
        public void flush() throws IOException {
            LoggedIn there = session;
            if (there != null) {
                there.out().flush();
            }
        }
    }

    private final class In extends InputStream {
        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] buffer, int offset, int length) throws IOException {
            int read = opening.read(buffer, offset, length);
            return read >= 0 || session == null ? read : messages.read(buffer, offset, length);
        }

        @Override
        public int available() throws IOException {
            return opening.available() > 0 || session == null ? opening.available() : messages.available();
        }
    }

    private void begin(StartupPacket packet) throws IOException {
        if (packet.isCancel()) {
            ServerLogin.cancel(login, packet);
            return;
        }
        LoggedIn opened = ServerLogin.open(login, packet);
        messages = new BoundedMessages(opened.in());
        session = opened;
        opening = new ByteArrayInputStream(opened.opening());
        opened.socket().setSoTimeout(timeout);
        if (closed) {
            opened.close();
        }
    }

    /** Ignores the driver's address. The login tries each address of the host, and TLS checks the host's name. */
    @Override
    public void connect(SocketAddress address, int milliseconds) {
        // The connection is made with the first packet, within the time limit of the whole login.
    }

    @Override
    public boolean isConnected() {
        return session != null;
    }

    @Override
    public InputStream getInputStream() {
        return in;
    }

    @Override
    public OutputStream getOutputStream() {
        return out;
    }

    @Override
    public synchronized void setSoTimeout(int milliseconds) throws SocketException {
        timeout = milliseconds;
        LoggedIn there = session;
        if (there != null) {
            there.socket().setSoTimeout(milliseconds);
        }
    }

    @Override
    public synchronized int getSoTimeout() {
        return timeout;
    }

    @Override
    public boolean isClosed() {
        LoggedIn there = session;
        return closed || (there != null && there.socket().isClosed());
    }

    @Override
    public synchronized void close() throws IOException {
        closed = true;
        LoggedIn there = session;
        if (there != null) {
            there.close();
        }
    }

    @Override
    public void setTcpNoDelay(boolean on) {
        // The login sets it.
    }

    @Override
    public boolean getTcpNoDelay() {
        return true;
    }

    @Override
    public void setKeepAlive(boolean on) {
        // The login sets it.
    }

    @Override
    public boolean getKeepAlive() {
        return true;
    }

    @Override
    public synchronized void setSendBufferSize(int bytes) {
        // The login sets it.
    }

    @Override
    public synchronized int getSendBufferSize() {
        return 64 * 1024;
    }

    @Override
    public synchronized void setReceiveBufferSize(int bytes) {
        // The login sets it.
    }

    @Override
    public synchronized int getReceiveBufferSize() {
        return 64 * 1024;
    }
}
