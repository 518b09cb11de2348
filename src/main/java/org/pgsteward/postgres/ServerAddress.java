package org.pgsteward.postgres;

import java.time.Duration;
import org.pgsteward.model.Secret;
import org.pgsteward.postgres.login.LoginAs;
import org.pgsteward.postgres.login.TlsSettings;

/**
 * Where the managed PostgreSQL is and as whom we come.
 *
 * @param database the management database
 * @param tls of every connection
 * @param connectTimeout of one attempt to connect and log in
 */
public record ServerAddress(
        String host,
        int port,
        String user,
        Secret password,
        String database,
        TlsSettings tls,
        Duration connectTimeout) {
    /** Stands for the password that nobody gave; the server is then not asked. */
    public static final Secret NO_PASSWORD = new Secret("(not set)");

    private static final Duration USUAL_TIMEOUT = Duration.ofSeconds(10);
    private static final Duration SHORTEST = Duration.ofSeconds(1);
    private static final Duration LONGEST = Duration.ofMinutes(10);

    public ServerAddress {
        if (port < 1 || port > 65535) {
            throw new IllegalArgumentException("pgsteward.postgres.port is " + port + ", not within 1 to 65535");
        }
        checked(connectTimeout);
    }

    /** @throws IllegalArgumentException when it is too short for any server or too long for any person */
    public static Duration checked(Duration connectTimeout) {
        if (connectTimeout.compareTo(SHORTEST) < 0 || connectTimeout.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException(
                    "pgsteward.postgres.connect.timeout is " + connectTimeout.toSeconds() + "s, not within 1s to 10m");
        }
        return connectTimeout;
    }

    /** The same with the usual settings of TLS and time. */
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
