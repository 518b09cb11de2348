package org.pgsteward.postgres.login;

import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import org.pgsteward.model.Secret;
import org.postgresql.shaded.com.ongres.scram.common.ScramFunctions;
import org.postgresql.shaded.com.ongres.scram.common.ScramMechanism;
import org.postgresql.shaded.com.ongres.scram.common.ServerFirstMessage;
import org.postgresql.shaded.com.ongres.scram.common.StringPreparation;

/**
 * What a client derives from a password and the server's salt (RFC 5802, section 3). The derivation is slow on purpose, and
 * pgsteward opens connections all day with the same password: the last few results are remembered, as long as the process
 * lives, which holds the passwords as well.
 *
 * @param client the {@code ClientKey}
 * @param server the {@code ServerKey}
 */
@SuppressWarnings("ArrayRecordComponent") // handed to the library, never compared
record ScramKeys(byte[] client, byte[] server) {
    /** Of the administrator and of a few services, or of false servers, which each name another salt. */
    private static final int MOST = 16;

    private static final Map<Source, ScramKeys> KNOWN = new LinkedHashMap<>(MOST, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Source, ScramKeys> eldest) {
            return size() > MOST;
        }
    };

    /** The hash is always SHA-256. */
    private record Source(Secret password, String salt, int iterations) {}

    /** @throws IllegalArgumentException when the salt is no Base64 */
    static ScramKeys of(
            ScramMechanism mechanism, StringPreparation preparation, Secret password, ServerFirstMessage server) {
        Source source = new Source(password, server.getSalt(), server.getIterationCount());
        synchronized (KNOWN) {
            ScramKeys known = KNOWN.get(source);
            if (known != null) {
                return known;
            }
        }
        byte[] salted = ScramFunctions.saltedPassword(
                mechanism,
                preparation,
                password.reveal().toCharArray(),
                Base64.getDecoder().decode(server.getSalt()),
                server.getIterationCount());
        ScramKeys keys =
                new ScramKeys(ScramFunctions.clientKey(mechanism, salted), ScramFunctions.serverKey(mechanism, salted));
        synchronized (KNOWN) {
            KNOWN.put(source, keys);
        }
        return keys;
    }
}
