package org.pgsteward.provision;

import java.util.Optional;
import org.pgsteward.model.Container;
import org.pgsteward.model.Secret;

/**
 * The database connection in a container's own settings, to the managed PostgreSQL or to any other host.
 *
 * @param service the service's name in pgsteward, or the name that it would have
 * @param variable the variable with the host, or the label that makes the request
 * @param host empty where labels make the request and no variable names a host
 * @param port the port in the same variable or in the one beside it
 * @param login empty where it is unknown, or where the host is not the managed PostgreSQL
 */
public record ConnectionRequest(
        Container container,
        String service,
        String variable,
        Optional<String> host,
        Optional<Port> port,
        Optional<Login> login) {
    /** A port, and the variable with it. */
    public record Port(String variable, int number) {}

    /** A role, its password and a database. */
    public record Login(String user, Secret password, String database) {}
}
