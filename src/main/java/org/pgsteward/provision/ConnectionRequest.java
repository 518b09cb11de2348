package org.pgsteward.provision;

import java.util.Optional;
import org.pgsteward.model.Container;
import org.pgsteward.model.Secret;

/**
 * What a container's own settings say of its database, whether its host is the managed PostgreSQL or any other.
 *
 * @param service its name with us, or what it would be
 * @param variable in which the host stands, or the label that asks
 * @param host empty where labels ask and no variable names one
 * @param port as a variable names it, the same one or its neighbour
 * @param login as whom it comes; empty where that is not known, or where its host is not ours
 */
public record ConnectionRequest(
        Container container,
        String service,
        String variable,
        Optional<String> host,
        Optional<Port> port,
        Optional<Login> login) {
    /** A port, and the variable in which it stands. */
    public record Port(String variable, int number) {}

    /** Its role, password and database. */
    public record Login(String user, Secret password, String database) {}
}
