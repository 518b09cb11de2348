package org.pgsteward.postgres.login;

import java.time.Duration;
import org.pgsteward.model.Secret;

/**
 * Where to log in, as which role, and how long that may take.
 *
 * @param role the only one that a session is opened for
 * @param patience of one attempt: connecting, TLS and the login together
 * @param attempts how often a server is tried that does not answer in time or is not ready yet, at least 1
 */
public record LoginAs(
        String host, int port, String role, Secret password, TlsSettings tls, Duration patience, int attempts) {
    String where() {
        return host + ":" + port;
    }
}
