package org.pgsteward.postgres.login;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.util.Arrays;

/** An authenticated session with a server. */
final class LoggedIn implements Closeable {
    private final Socket socket;
    private final InputStream in;
    private final OutputStream out;
    private final byte[] opening;

    /**
     * Creates a session.
     *
     * @param socket the connection, with TLS if TLS is used
     * @param opening the messages that a client reads first: up to the first {@code ReadyForQuery}, or the error with
     *     which the server refused the login
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

    /** Returns the server's messages after {@link #opening}. */
    InputStream in() {
        return in;
    }

    OutputStream out() {
        return out;
    }

    byte[] opening() {
        return opening;
    }

    /** Returns whether the server refused the login with that SQLSTATE. */
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
