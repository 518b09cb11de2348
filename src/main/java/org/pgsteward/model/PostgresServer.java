package org.pgsteward.model;

/** The names of the shared PostgreSQL in alerts and reports, and what each role may take of it. */
public final class PostgresServer {
    /** The service under which alerts about the server are raised; also the usual name of its container. */
    public static final String SERVICE = "postgresql";

    /** The {@code kind} of the alert for a server that does not answer or whose container is down. */
    public static final String DOWN = "postgres-down";

    /** Connections that a service's role may have at a time. */
    public static final int ROLE_CONNECTIONS = 50;

    private PostgresServer() {}
}
