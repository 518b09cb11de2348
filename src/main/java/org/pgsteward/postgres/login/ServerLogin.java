package org.pgsteward.postgres.login;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Optional;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;
import org.postgresql.shaded.com.ongres.scram.common.exception.ScramException;

/**
 * Logs a client in to a server, in its place.
 *
 * <ol>
 *   <li>Connects to the first address of the host that takes it, and negotiates TLS as {@code sslmode} says.
 *   <li>Sends the client's first packet as it is.
 *   <li>Answers SCRAM, and nothing else, and checks the server's signature.
 *   <li>Reads on until the server is ready for statements.
 * </ol>
 */
final class ServerLogin {
    private static final int OK = 0;
    private static final int CLEAR_TEXT = 3;
    private static final int MD5 = 5;
    private static final int SASL = 10;
    private static final int SASL_CONTINUE = 11;
    private static final int SASL_FINAL = 12;

    /** Of what a server sends after the login and before it is ready: some twenty messages. */
    private static final int MOST_BYTES = 64 * 1024;

    private static final int MOST_MESSAGES = 200;

    /** Addresses of one name that are tried. */
    private static final int MOST_ADDRESSES = 4;

    /** invalid_authorization_specification: pg_hba.conf may have a line for the other kind, with TLS or without. */
    private static final String NOT_LET_IN = "28000";

    /** cannot_connect_now: it starts, stops or recovers. */
    private static final String NOT_YET = "57P03";

    private static final Duration BETWEEN_ATTEMPTS = Duration.ofMillis(500);

    private final LoginAs login;
    private final LoginWords words;
    private final long deadline;

    /** The connection of the present attempt, below its encryption. */
    private @Nullable TimedSocket wire;

    private ServerLogin(LoginAs login) {
        this.login = login;
        this.words = new LoginWords(login);
        this.deadline = System.nanoTime() + login.patience().toNanos();
    }

    /**
     * Logs in.
     *
     * @return a session, or the server's own refusal as its {@link LoggedIn#opening}
     * @throws LoginRefused when it is not a server to log in to
     * @throws IOException when there is no connection: the JDK's exceptions for an unknown host, a refused connection, no
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
                // The time is up already: the next attempt begins at once.
                continue;
            } catch (LoginRefused e) {
                // A server that starts or is overrun closes connections; one that is none does so each time.
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

    /** Asks the server to cancel a statement, as {@code cancel} says. */
    static void cancel(LoginAs login, StartupPacket cancel) throws IOException {
        ServerLogin way = new ServerLogin(login);
        boolean tls = login.tls().mode().compareTo(TlsMode.PREFER) >= 0;
        try (Socket socket = tls ? encryptedTo(login) : way.connect()) {
            socket.getOutputStream().write(cancel.bytes());
            socket.getOutputStream().flush();
            // The server answers by closing.
            socket.getInputStream().readNBytes(1);
        }
    }

    /** A connection without a login, with TLS where the server has it. */
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
        for (int i = 0; i < Math.min(addresses.length, MOST_ADDRESSES); i++) {
            TimedSocket socket = new TimedSocket(deadline);
            try {
                socket.connect(new InetSocketAddress(addresses[i], login.port()));
                wire = socket;
                return socket;
            } catch (IOException e) {
                socket.close();
                failed = failed == null ? e : failed;
            }
        }
        throw failed == null ? new java.net.UnknownHostException(login.host()) : failed;
    }

    /** Empty when the server has no TLS and need not; {@code plain} then goes on as it is. */
    private Optional<Socket> encrypted(Socket plain) throws IOException {
        boolean done = false;
        try {
            plain.getOutputStream().write(StartupPacket.TLS_REQUEST);
            // One byte and no more: what a server sends in clear behind it must not be taken for something encrypted.
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
            throw words.badTls(e);
        } catch (EOFException e) {
            throw words.badTls(new SSLException("the server ended the handshake", e));
        }
        return tls;
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
            byte[] opening = opening(socket, certificate);
            if (wire != null) {
                wire.untimed();
            }
            done = true;
            return new LoggedIn(socket, opening);
        } catch (EOFException e) {
            throw words.closed(e);
        } catch (SocketTimeoutException e) {
            throw e;
        } catch (SocketException | SSLException e) {
            throw words.closed(e);
        } finally {
            if (!done) {
                socket.close();
            }
        }
    }

    private byte[] opening(Socket socket, Optional<X509Certificate> certificate) throws IOException {
        Optional<BackendMessage> refusal = authenticate(socket, certificate);
        if (refusal.isPresent()) {
            return refusal.get().plainError().bytes();
        }
        ByteArrayOutputStream opening = new ByteArrayOutputStream();
        opening.write(BackendMessage.AUTHENTICATED.bytes());
        InputStream in = socket.getInputStream();
        for (int messages = 0; messages < MOST_MESSAGES && opening.size() < MOST_BYTES; messages++) {
            BackendMessage message = BackendMessage.read(in, login.where());
            if (message.type() == 'E') {
                return message.plainError().bytes();
            }
            if (message.type() == 'R') {
                throw words.noPostgres();
            }
            opening.write(message.bytes());
            if (message.type() == 'Z') {
                return opening.toByteArray();
            }
        }
        throw words.noPostgres();
    }

    /** Empty when the login is done; else the server's error. */
    private Optional<BackendMessage> authenticate(Socket socket, Optional<X509Certificate> certificate)
            throws IOException {
        InputStream in = socket.getInputStream();
        ScramExchange scram = null;
        boolean verified = false;
        try {
            // An exchange has four messages; NegotiateProtocolVersion may come before it.
            for (int messages = 0; messages < 6; messages++) {
                BackendMessage message = BackendMessage.read(in, login.where());
                if (message.type() == 'E') {
                    return Optional.of(message);
                }
                if (message.type() == 'v') {
                    continue;
                }
                if (message.type() != 'R' || message.buffer().remaining() < 4) {
                    throw words.noPostgres();
                }
                ByteBuffer body = message.buffer();
                int request = body.getInt();
                if (request == OK) {
                    if (!verified && (scram != null || !mayTrust(login.tls(), socket.getInetAddress()))) {
                        throw scram == null
                                ? words.trust()
                                : words.wrongServer("it left its SCRAM signature out", null);
                    }
                    return Optional.empty();
                } else if (request == SASL && scram == null) {
                    scram = ScramExchange.begin(body, login.password(), certificate)
                            .orElseThrow(words::noScram);
                    send(socket, scram.initial());
                } else if (request == SASL_CONTINUE && scram != null) {
                    send(socket, scram.proof(body));
                } else if (request == SASL_FINAL && scram != null) {
                    scram.verify(body);
                    verified = true;
                } else {
                    throw refused(request);
                }
            }
            throw words.noPostgres();
        } catch (ScramException e) {
            throw words.wrongServer(e.getMessage(), e);
        }
    }

    private LoginRefused refused(int request) {
        return switch (request) {
            case CLEAR_TEXT -> words.clearText();
            case MD5 -> words.md5();
            case SASL_CONTINUE, SASL_FINAL, SASL -> words.noPostgres();
            default -> words.otherMethod(request);
        };
    }

    /** A server that asks for nothing has shown nothing, unless its certificate was checked or it is this very host. */
    static boolean mayTrust(TlsSettings tls, InetAddress server) {
        return tls.verifies() || server.isLoopbackAddress();
    }

    private static void send(Socket socket, byte[] answer) throws IOException {
        socket.getOutputStream()
                .write(ByteBuffer.allocate(5 + answer.length)
                        .put((byte) 'p')
                        .putInt(4 + answer.length)
                        .put(answer)
                        .array());
        socket.getOutputStream().flush();
    }
}
