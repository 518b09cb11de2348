package org.pgsteward.postgres.login;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.pgsteward.model.Secret;
import org.postgresql.shaded.com.ongres.scram.client.ScramClient;
import org.postgresql.shaded.com.ongres.scram.common.ScramFunctions;
import org.postgresql.shaded.com.ongres.scram.common.ServerFirstMessage;
import org.postgresql.shaded.com.ongres.scram.common.StringPreparation;
import org.postgresql.shaded.com.ongres.scram.common.exception.ScramException;
import org.postgresql.shaded.com.ongres.scram.common.exception.ScramRuntimeException;
import org.postgresql.shaded.com.ongres.scram.common.util.TlsServerEndpoint;

/**
 * The client's side of SCRAM-SHA-256 (RFC 5802, RFC 7677), with the driver's own library. Over TLS it is bound to the
 * server's certificate if the server supports channel binding. A server in the middle then cannot pass the exchange on.
 */
final class ScramExchange {
    private static final String PLAIN = "SCRAM-SHA-256";
    private static final String BOUND = "SCRAM-SHA-256-PLUS";

    /** The minimum of RFC 7677. With a single iteration, a false server could guess passwords quickly. */
    private static final int FEWEST_ITERATIONS = 4096;

    /** About a second of work. PostgreSQL's default is 4096. */
    private static final int MOST_ITERATIONS = 1_000_000;

    private static final StringPreparation PREPARATION = StringPreparation.POSTGRESQL_PREPARATION;

    private static final SecureRandom RANDOM = new SecureRandom();

    /** The length in bytes, as in libpq. */
    private static final int NONCE = 18;

    private final List<String> mechanisms;
    private final byte[] binding;
    private final Secret password;
    private final String nonce = ScramFunctions.nonce(NONCE, RANDOM);
    private ScramClient client;

    private ScramExchange(List<String> mechanisms, byte[] binding, Secret password) {
        this.mechanisms = mechanisms;
        this.binding = binding;
        this.password = password;
        this.client = client(building().password(password.reveal().toCharArray()));
    }

    private ScramClient.PasswordBuildStage building() {
        return ScramClient.builder().advertisedMechanisms(mechanisms).username("*");
    }

    private ScramClient client(ScramClient.FinalBuildStage building) {
        building.stringPreparation(PREPARATION).nonceSupplier(() -> nonce);
        if (binding.length > 0) {
            building.channelBinding(TlsServerEndpoint.TLS_SERVER_END_POINT, binding);
        }
        return building.build();
    }

    /**
     * Begins an exchange.
     *
     * @param offered the body of the server's request, a list of mechanism names
     * @param certificate the server's certificate; empty if the connection is not encrypted
     * @return empty if the server offers no mechanism that pgsteward supports
     */
    static Optional<ScramExchange> begin(ByteBuffer offered, Secret password, Optional<X509Certificate> certificate)
            throws IOException {
        byte[] binding = certificate.isPresent() ? binding(certificate.get()) : new byte[0];
        List<String> known = new ArrayList<>();
        for (String name : StandardCharsets.US_ASCII.decode(offered).toString().split("\0", -1)) {
            if (name.equals(PLAIN) || (name.equals(BOUND) && binding.length > 0)) {
                known.add(name);
            }
        }
        if (known.isEmpty()) {
            return Optional.empty();
        }
        try {
            return Optional.of(new ScramExchange(known, binding, password));
        } catch (IllegalArgumentException e) {
            throw new IOException("cannot begin SCRAM: " + e.getMessage(), e);
        }
    }

    /**
     * Returns empty for a certificate whose signature has no hash, such as Ed25519. PostgreSQL cannot bind to it
     * either.
     */
    private static byte[] binding(X509Certificate certificate) {
        try {
            return TlsServerEndpoint.getChannelBindingData(certificate);
        } catch (CertificateEncodingException e) {
            return new byte[0];
        }
    }

    /** Returns the first answer: the chosen mechanism and the client's first message. */
    byte[] initial() {
        byte[] mechanism = client.getScramMechanism().getName().getBytes(StandardCharsets.US_ASCII);
        byte[] message = client.clientFirstMessage().toString().getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(mechanism.length + 1 + 4 + message.length)
                .put(mechanism)
                .put((byte) 0)
                .putInt(message.length)
                .put(message)
                .array();
    }

    /**
     * Returns the second answer, with the client's proof.
     *
     * @throws ScramException if the server's message is malformed, or asks for too few or too many iterations
     */
    byte[] proof(ByteBuffer first) throws ScramException {
        try {
            String said = text(first);
            ServerFirstMessage server = client.serverFirstMessage(said);
            int iterations = server.getIterationCount();
            if (iterations < FEWEST_ITERATIONS || iterations > MOST_ITERATIONS) {
                throw new ScramException("it requests " + iterations + " iterations, not " + FEWEST_ITERATIONS + " to "
                        + MOST_ITERATIONS + " (scram_iterations)");
            }
            // The library accepts derived keys only before it reads the server's salt, so the exchange is repeated with
            // the keys.
            ScramKeys keys = ScramKeys.of(client.getScramMechanism(), PREPARATION, password, server);
            client = client(building().clientAndServerKey(keys.client(), keys.server()));
            client.clientFirstMessage();
            client.serverFirstMessage(said);
            return client.clientFinalMessage().toString().getBytes(StandardCharsets.UTF_8);
        } catch (ScramRuntimeException | IllegalArgumentException | IllegalStateException e) {
            throw new ScramException("its SCRAM message is damaged", e);
        }
    }

    /**
     * Verifies the server's signature.
     *
     * @throws ScramException unless the signature proves that the server knows the password
     */
    void verify(ByteBuffer last) throws ScramException {
        try {
            client.serverFinalMessage(text(last));
        } catch (ScramRuntimeException | IllegalArgumentException | IllegalStateException e) {
            throw new ScramException("its SCRAM message is damaged", e);
        }
    }

    private static String text(ByteBuffer bytes) {
        return StandardCharsets.UTF_8.decode(bytes).toString();
    }
}
