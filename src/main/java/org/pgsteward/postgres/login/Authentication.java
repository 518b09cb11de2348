package org.pgsteward.postgres.login;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.security.cert.X509Certificate;
import java.util.Optional;
import org.postgresql.shaded.com.ongres.scram.common.exception.ScramException;

/** The authentication of one login, after the client's first packet. It answers SCRAM requests only. */
final class Authentication {
    private static final int OK = 0;
    private static final int CLEAR_TEXT = 3;
    private static final int MD5 = 5;
    private static final int SASL = 10;
    private static final int SASL_CONTINUE = 11;
    private static final int SASL_FINAL = 12;

    /** Limits of the messages between the login and {@code ReadyForQuery}. A server sends about twenty. */
    private static final int MOST_BYTES = 64 * 1024;

    private static final int MOST_MESSAGES = 200;

    private final LoginAs login;
    private final LoginTexts words;
    private final Socket socket;
    private final Optional<X509Certificate> certificate;

    /**
     * Prepares the authentication.
     *
     * @param certificate the server's certificate; empty if the connection is not encrypted
     */
    Authentication(LoginAs login, Socket socket, Optional<X509Certificate> certificate) {
        this.login = login;
        this.words = new LoginTexts(login);
        this.socket = socket;
        this.certificate = certificate;
    }

    /**
     * Authenticates, and returns the messages that a client reads first: from {@code AuthenticationOk} up to
     * {@code ReadyForQuery}, or the server's error.
     */
    byte[] opening() throws IOException {
        Optional<BackendMessage> refusal = authenticate();
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

    /** Returns empty if the login succeeded, else the server's error. */
    private Optional<BackendMessage> authenticate() throws IOException {
        InputStream in = socket.getInputStream();
        ScramExchange scram = null;
        boolean verified = false;
        try {
            // An exchange has four messages, and NegotiateProtocolVersion may precede it.
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
                        throw scram == null ? words.trust() : words.wrongServer("it sent no SCRAM signature", null);
                    }
                    return Optional.empty();
                } else if (request == SASL && scram == null) {
                    scram = ScramExchange.begin(body, login.password(), certificate)
                            .orElseThrow(words::noScram);
                    send(scram.initial());
                } else if (request == SASL_CONTINUE && scram != null) {
                    send(scram.proof(body));
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

    /**
     * Returns whether a login without a password is accepted. A server that requests no password has proved nothing,
     * unless its certificate was checked or it runs on this host.
     */
    static boolean mayTrust(TlsSettings tls, InetAddress server) {
        return tls.verifies() || server.isLoopbackAddress();
    }

    private void send(byte[] answer) throws IOException {
        socket.getOutputStream()
                .write(ByteBuffer.allocate(5 + answer.length)
                        .put((byte) 'p')
                        .putInt(4 + answer.length)
                        .put(answer)
                        .array());
        socket.getOutputStream().flush();
    }
}
