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
 * The keys that a client derives from a password and the server's salt (RFC 5802, section 3). The derivation is slow on
 * purpose, and pgsteward often opens connections with the same password. So the last results are kept for the life of
 * the process, which holds the passwords as well.
 *
 * @param client the {@code ClientKey}
 * @param server the {@code ServerKey}
 */
@SuppressWarnings("ArrayRecordComponent") // passed to the library, never compared
record ScramKeys(byte[] client, byte[] server) {
    /**
     * Enough for the administrator and a few services. The limit also covers false servers, which each send another
     * salt.
     */
    private static final int MOST = 16;

    private static final Map<Source, ScramKeys> KNOWN = new LinkedHashMap<>(MOST, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Source, ScramKeys> eldest) {
            return size() > MOST;
        }
    };

    /** The inputs of a derivation. The hash is always SHA-256. */
    private record Source(Secret password, String salt, int iterations) {}

    /**
     * Returns the keys, from the cache if they are known.
     *
     * @throws IllegalArgumentException if the salt is not valid Base64
     */
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
