package org.pgsteward.postgres.login;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.util.Arrays;

/** A session with a server. */
final class LoggedIn implements Closeable {
    private final Socket socket;
    private final InputStream in;
    private final OutputStream out;
    private final byte[] opening;

    /**
     * @param socket through which TLS runs, where there is TLS
     * @param opening what a client gets to read first: the server's messages up to the first {@code ReadyForQuery}, or the
     *     error with which the server refused the login
     */
    LoggedIn(Socket socket, byte[] opening) throws IOException {
        this.socket = socket;
        this.in = socket.getInputStream();
        this.out = socket.getOutputStream();
        this.opening = opening;
    }

    Socket socket() {
        return socket;
    }

    /** What the server sends after {@link #opening}. */
    InputStream in() {
        return in;
    }

    OutputStream out() {
        return out;
    }

    byte[] opening() {
        return opening;
    }

    /** Whether the server refused the login with that SQLSTATE. */
    boolean isRefusedWith(String sqlState) {
        return opening.length > 5
                && opening[0] == 'E'
                && sqlState.equals(new BackendMessage('E', Arrays.copyOfRange(opening, 5, opening.length))
                        .fields()
                        .get('C'));
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
