package org.pgsteward.postgres.login;

import java.time.Duration;
import org.pgsteward.model.Secret;

/**
 * Where to log in, as which role, and how long that may take.
 *
 * @param role the only one that a session is opened for
 * @param patience of one attempt: connecting, TLS and the login together
 */
public record LoginAs(String host, int port, String role, Secret password, TlsSettings tls, Duration patience) {
    String where() {
        return host + ":" + port;
    }
}
