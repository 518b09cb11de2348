package org.pgsteward.postgres.login;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;

/**
 * A session with a server.
 *
 * @param socket through which TLS runs, where there is TLS
 * @param in what the server sends after {@code opening}
 * @param opening what a client gets to read first: the server's messages up to the first {@code ReadyForQuery}, or the
 *     error with which the server refused the login
 */
record LoggedIn(Socket socket, InputStream in, OutputStream out, byte[] opening) implements Closeable {
    @Override
    public void close() throws IOException {
        socket.close();
    }
}
