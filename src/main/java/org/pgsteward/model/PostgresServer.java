package org.pgsteward.model;

/** The shared PostgreSQL server: its names in alerts, and the connection limit of each role. */
public final class PostgresServer {
    /** The service name of alerts about the server; also the usual name of its container. */
    public static final String SERVICE = "postgresql";

    /** The {@code kind} of the alert for a server that does not answer or whose container is down. */
    public static final String DOWN = "postgres-down";

    /** The {@code CONNECTION LIMIT} of a new role. A connection pool seldom has more, and the server has 100 in all. */
    public static final int ROLE_CONNECTIONS = 50;

    private PostgresServer() {}
}
