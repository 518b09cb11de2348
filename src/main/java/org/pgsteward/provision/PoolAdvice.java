package org.pgsteward.provision;

import org.pgsteward.model.Container;

/**
 * The connection pool of an application is larger than its role's limit: under load, PostgreSQL refuses the rest of its
 * connections.
 *
 * @param text one line
 * @param remedy lines for its compose file
 */
record PoolAdvice(String text, String remedy) {
    /** The name of the alert. */
    static final String KIND = "pool-exceeds-limit";

    /**
     * Returns the advice for one container.
     *
     * @param variable that sets the size of the pool
     * @param pool the present size of the pool, in connections
     * @param limit of the role, in connections
     */
    static PoolAdvice of(String application, String variable, int pool, int limit, Container container) {
        return new PoolAdvice(
                application + " may open " + pool + " connections, and its role may have " + limit + "; set " + variable
                        + " to " + limit + " or less, or raise the limit with the label pgsteward.connections",
                "# in the compose file of " + container.commandName() + ":\n" + variable + ": \"" + limit
                        + "\"\n# or, if PostgreSQL's max_connections permits it, instead of that line:\n"
                        + "labels: {pgsteward.connections: \"" + pool + "\"}\n# and in its folder:\n"
                        + "docker compose up -d");
    }
}
