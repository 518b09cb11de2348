package org.pgsteward.camel.receivers;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import javax.net.SocketFactory;

/**
 * Sockets with a limit on the bytes that they read, for a mail server. Jakarta Mail holds each answer in memory, and an
 * endless one would fill the heap. Jakarta Mail puts TLS on top of these sockets. The route {@code receiver-email}
 * names this class.
 */
public final class BoundedSockets extends SocketFactory {
    /**
     * Limit in bytes for each connection. Sending a mail reads some two thousand bytes, and TLS some five thousand
     * more.
     */
    static final int MOST_BYTES = 256 * 1024;

    /** Returns the factory, under the name that Jakarta Mail calls. */
    public static SocketFactory getDefault() {
        return new BoundedSockets();
    }

    @Override
    public Socket createSocket() {
        return new Bounded();
    }

    @Override
    public Socket createSocket(String host, int port) throws IOException {
        return createSocket(InetAddress.getByName(host), port);
    }

    @Override
    public Socket createSocket(InetAddress host, int port) throws IOException {
        Socket socket = createSocket();
        socket.connect(new InetSocketAddress(host, port));
        return socket;
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress from, int fromPort) throws IOException {
        return createSocket(InetAddress.getByName(host), port, from, fromPort);
    }

    @Override
    public Socket createSocket(InetAddress host, int port, InetAddress from, int fromPort) throws IOException {
        Socket socket = createSocket();
        socket.bind(new InetSocketAddress(from, fromPort));
        socket.connect(new InetSocketAddress(host, port));
        return socket;
    }

    private static final class Bounded extends Socket {
        private int left = MOST_BYTES;

        @Override
        public InputStream getInputStream() throws IOException {
            return new FilterInputStream(super.getInputStream()) {
                @Override
                public int read() throws IOException {
                    byte[] one = new byte[1];
                    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
                }

                @Override
                public int read(byte[] target, int offset, int length) throws IOException {
                    if (left <= 0) {
                        throw new IOException("the mail server sent more than " + MOST_BYTES + " bytes, the limit");
                    }
                    int read = super.read(target, offset, Math.min(length, left));
                    left -= Math.max(read, 0);
                    return read;
                }
            };
        }
    }
}
