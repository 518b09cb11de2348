package org.pgsteward.postgres;

import java.time.Duration;
import org.pgsteward.model.Secret;
import org.pgsteward.postgres.login.LoginAs;
import org.pgsteward.postgres.login.TlsSettings;

/**
 * The address of the managed PostgreSQL, and the administrator's login.
 *
 * @param database the management database
 * @param tls the TLS settings of every connection
 * @param connectTimeout the limit of one attempt to connect and log in
 */
public record ServerAddress(
        String host,
        int port,
        String user,
        Secret password,
        String database,
        TlsSettings tls,
        Duration connectTimeout) {
    /** The placeholder for a missing password. Without a password, pgsteward does not connect. */
    public static final Secret NO_PASSWORD = new Secret("(not set)");

    private static final Duration USUAL_TIMEOUT = Duration.ofSeconds(10);

    public ServerAddress {
        if (port < 1 || port > 65535) {
            throw new IllegalArgumentException("the port of PostgreSQL is " + port + ", not between 1 and 65535");
        }
    }

    /** Creates an address with the default settings of TLS and timeout. */
    public ServerAddress(String host, int port, String user, Secret password, String database) {
        this(host, port, user, password, database, TlsSettings.DEFAULT, USUAL_TIMEOUT);
    }

    public String where() {
        return host + ":" + port;
    }

    LoginAs as(String role, Secret rolesPassword) {
        return new LoginAs(host, port, role, rolesPassword, tls, connectTimeout, Server.ATTEMPTS);
    }
}
