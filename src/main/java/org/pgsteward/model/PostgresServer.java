package org.pgsteward.model;

/** The shared PostgreSQL: its names in alerts, and the connections that each role may have. */
public final class PostgresServer {
    /** The service under which alerts about the server are raised; also the usual name of its container. */
    public static final String SERVICE = "postgresql";

    /** The {@code kind} of the alert for a server that does not answer or whose container is down. */
    public static final String DOWN = "postgres-down";

    /** Connections that a new role may have at a time. A pool seldom has more, and the server has 100 in all. */
    public static final int ROLE_CONNECTIONS = 50;

    private PostgresServer() {}
}
