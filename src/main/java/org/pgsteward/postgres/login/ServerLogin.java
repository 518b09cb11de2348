package org.pgsteward.postgres.login;

import java.io.EOFException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Optional;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/**
 * A login to a server in place of a client.
 *
 * <ol>
 *   <li>Connects to the first address of the host that accepts a connection, and negotiates TLS according to
 *       {@code sslmode}.
 *   <li>Sends the client's first packet unchanged.
 *   <li>Answers SCRAM requests only, and verifies the server's signature.
 *   <li>Reads until the server is ready for statements.
 * </ol>
 */
final class ServerLogin {
    /** The most addresses of a name that are tried. */
    private static final int MOST_ADDRESSES = 4;

    /**
     * invalid_authorization_specification: pg_hba.conf may have a line for the other kind of connection, with TLS or
     * without.
     */
    private static final String NOT_LET_IN = "28000";

    /** cannot_connect_now: the server starts, stops or recovers. */
    private static final String NOT_YET = "57P03";

    private static final Duration BETWEEN_ATTEMPTS = Duration.ofMillis(500);

    private final LoginAs login;
    private final LoginTexts words;
    private final long deadline;

    /** The connection of the current attempt, below its encryption. */
    private @Nullable TimedSocket wire;

    private ServerLogin(LoginAs login) {
        this.login = login;
        this.words = new LoginTexts(login);
        this.deadline = System.nanoTime() + login.patience().toNanos();
    }

    /**
     * Logs in.
     *
     * @return a session, or the server's own refusal as its {@link LoggedIn#opening}
     * @throws LoginRefused if pgsteward must not log in to this server
     * @throws IOException if there is no connection: the JDK's exceptions for an unknown host, a refused connection, no
     *     route and no answer in time
     */
    static LoggedIn open(LoginAs login, StartupPacket startup) throws IOException {
        long until = System.nanoTime()
                + login.patience().multipliedBy(login.attempts()).toNanos();
        for (int attempt = 1; ; attempt++) {
            try {
                LoggedIn session = new ServerLogin(login).open(startup);
                if (login.attempts() == 1 || !session.isRefusedWith(NOT_YET) || System.nanoTime() > until) {
                    return session;
                }
                session.close();
            } catch (SocketTimeoutException e) {
                if (attempt >= login.attempts()) {
                    throw timedOut(login, e);
                }
                // The attempt has already taken its time, so the next one begins at once.
                continue;
            } catch (LoginRefused e) {
                // A server that starts or is overloaded closes connections. A program that is no PostgreSQL server does
                // so each time.
                if (e.kind() != LoginRefused.Cause.SILENT || attempt >= login.attempts()) {
                    throw e;
                }
            }
            rest();
        }
    }

    private static void rest() throws IOException {
        try {
            Thread.sleep(BETWEEN_ATTEMPTS.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted between two attempts to connect");
        }
    }

    private static SocketTimeoutException timedOut(LoginAs login, SocketTimeoutException thrown) {
        SocketTimeoutException said = new SocketTimeoutException("no answer within "
                + login.patience().toSeconds() + " s from " + login.where()
                + (login.attempts() == 1 ? "" : ", tried " + login.attempts() + " times"));
        said.initCause(thrown);
        return said;
    }

    /** Sends a client's request to cancel a statement to the server. */
    static void cancel(LoginAs login, StartupPacket cancel) throws IOException {
        ServerLogin way = new ServerLogin(login);
        boolean tls = login.tls().mode().compareTo(TlsMode.PREFER) >= 0;
        try (Socket socket = tls ? encryptedTo(login) : way.connect()) {
            socket.getOutputStream().write(cancel.bytes());
            socket.getOutputStream().flush();
            // The server closes the connection instead of answering.
            socket.getInputStream().readNBytes(1);
        }
    }

    /** Returns a connection without a login, with TLS if the server supports it. */
    static Socket encryptedTo(LoginAs login) throws IOException {
        ServerLogin way = new ServerLogin(login);
        Socket plain = way.connect();
        Optional<Socket> tls = way.encrypted(plain);
        return tls.isPresent() ? tls.get() : plain;
    }

    private LoggedIn open(StartupPacket startup) throws IOException {
        TlsMode mode = login.tls().mode();
        if (mode == TlsMode.DISABLE) {
            return logIn(connect(), Optional.empty(), startup);
        }
        if (mode == TlsMode.ALLOW) {
            LoggedIn plain = logIn(connect(), Optional.empty(), startup);
            return plain.isRefusedWith(NOT_LET_IN) ? elseKeep(plain, startup) : plain;
        }
        Socket socket = connect();
        Optional<Socket> tls;
        try {
            tls = encrypted(socket);
        } catch (LoginRefused e) {
            if (mode.needsTls() || e.kind() != LoginRefused.Cause.TLS) {
                throw e;
            }
            return logIn(connect(), Optional.empty(), startup);
        }
        if (tls.isEmpty()) {
            return logIn(socket, Optional.empty(), startup);
        }
        LoggedIn session = logIn(tls.get(), Optional.of((SSLSocket) tls.get()), startup);
        if (!mode.needsTls() && session.isRefusedWith(NOT_LET_IN)) {
            session.close();
            return logIn(connect(), Optional.empty(), startup);
        }
        return session;
    }

    private LoggedIn elseKeep(LoggedIn refused, StartupPacket startup) throws IOException {
        Socket socket = connect();
        Optional<Socket> tls = encrypted(socket);
        if (tls.isEmpty()) {
            socket.close();
            return refused;
        }
        refused.close();
        return logIn(tls.get(), Optional.of((SSLSocket) tls.get()), startup);
    }

    private TimedSocket connect() throws IOException {
        InetAddress[] addresses = InetAddress.getAllByName(login.host());
        IOException failed = null;
        int count = Math.min(addresses.length, MOST_ADDRESSES);
        for (int i = 0; i < count; i++) {
            TimedSocket socket = new TimedSocket(deadline);
            try {
                // An address that does not answer takes only its share of the remaining time.
                socket.connect(new InetSocketAddress(addresses[i], login.port()), count - i);
                wire = socket;
                return socket;
            } catch (IOException e) {
                socket.close();
                failed = failed == null ? e : failed;
            }
        }
        throw failed == null ? new java.net.UnknownHostException(login.host()) : failed;
    }

    /**
     * Returns the encrypted connection; empty if the server has no TLS and the mode does not require it. The caller
     * then continues with {@code plain}.
     */
    private Optional<Socket> encrypted(Socket plain) throws IOException {
        boolean done = false;
        try {
            plain.getOutputStream().write(StartupPacket.TLS_REQUEST);
            // Reads exactly one byte. Bytes that the server sends in clear text after it must not pass for encrypted
            // ones.
            int answer = plain.getInputStream().read();
            if (answer == 'N') {
                if (login.tls().mode().needsTls()) {
                    throw words.noTls();
                }
                done = true;
                return Optional.empty();
            }
            if (answer < 0) {
                throw words.closed(null);
            }
            if (answer != 'S') {
                throw words.noPostgres();
            }
            Socket tls = handshake(plain);
            done = true;
            return Optional.of(tls);
        } catch (SocketException e) {
            throw words.closed(e);
        } finally {
            if (!done) {
                plain.close();
            }
        }
    }

    private Socket handshake(Socket plain) throws IOException {
        SSLSocket tls = (SSLSocket)
                login.tls().context().getSocketFactory().createSocket(plain, login.host(), login.port(), true);
        if (login.tls().mode() == TlsMode.VERIFY_FULL) {
            var parameters = tls.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            tls.setSSLParameters(parameters);
        }
        try {
            tls.startHandshake();
        } catch (SSLException e) {
            throw late(e).orElseGet(() -> words.badTls(e));
        } catch (EOFException e) {
            throw words.badTls(new SSLException("the server ended the handshake", e));
        }
        return tls;
    }

    /** Returns the time-out that TLS has wrapped into an exception of its own. */
    private static Optional<IOException> late(IOException thrown) {
        for (Throwable cause = thrown.getCause(); cause != null; cause = cause.getCause()) {
            if (cause instanceof SocketTimeoutException late) {
                return Optional.of(late);
            }
        }
        return Optional.empty();
    }

    private LoggedIn logIn(Socket socket, Optional<SSLSocket> tls, StartupPacket startup) throws IOException {
        boolean done = false;
        try {
            OutputStream out = socket.getOutputStream();
            out.write(startup.bytes());
            out.flush();
            Optional<X509Certificate> certificate = tls.isPresent()
                    ? Optional.of((X509Certificate) tls.get().getSession().getPeerCertificates()[0])
                    : Optional.empty();
            byte[] opening = new Authentication(login, socket, certificate).opening();
            if (wire != null) {
                wire.untimed();
            }
            done = true;
            return new LoggedIn(socket, opening);
        } catch (EOFException | SocketException | SSLException e) {
            throw late(e).orElseGet(() -> words.closed(e));
        } finally {
            if (!done) {
                socket.close();
            }
        }
    }
}
