package org.pgsteward.postgres;

import org.pgsteward.model.Secret;

/**
 * Where the managed PostgreSQL is and as whom we come.
 *
 * @param database the management database
 */
public record ServerAddress(String host, int port, String user, Secret password, String database) {
    /** Stands for the password that nobody gave; the server is then not asked. */
    public static final Secret NO_PASSWORD = new Secret("(not set)");

    public ServerAddress {
        if (port < 1 || port > 65535) {
            throw new IllegalArgumentException("pgsteward.postgres.port is " + port + ", not within 1 to 65535");
        }
    }

    public String where() {
        return host + ":" + port;
    }
}
