package org.pgsteward.postgres.login;

import java.time.Duration;
import org.pgsteward.model.Secret;

/**
 * The server, role and time limit of a login.
 *
 * @param role the only role for which a session is opened
 * @param patience the limit of one attempt: connecting, TLS and the login together
 * @param attempts how often to try a server that does not answer in time or is not ready yet, at least 1
 */
public record LoginAs(
        String host, int port, String role, Secret password, TlsSettings tls, Duration patience, int attempts) {
    String where() {
        return host + ":" + port;
    }
}
