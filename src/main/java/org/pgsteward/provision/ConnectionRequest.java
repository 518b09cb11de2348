package org.pgsteward.provision;

import java.util.Map;
import java.util.Optional;
import org.pgsteward.model.Container;
import org.pgsteward.model.Secret;

/**
 * The database connection in a container's settings, to the managed PostgreSQL or to any other host.
 *
 * @param service the name that the service has with pgsteward, or would have
 * @param variable that holds the host, or the label that claims a database
 * @param host empty if only a label claims a database
 * @param port from the same variable or a related one
 * @param login empty if it is unknown, or if the host is not the managed PostgreSQL
 */
public record ConnectionRequest(
        Container container,
        String service,
        String variable,
        Optional<String> host,
        Optional<Port> port,
        Optional<Login> login) {
    /** A port, and the variable that holds it. */
    public record Port(String variable, int number) {}

    /** The role, its password and the database. */
    public record Login(String user, Secret password, String database) {}

    /** Returns a request with the port of the variable itself, else of the related variable {@code *PORT}. */
    static ConnectionRequest of(Container container, String variable, Optional<String> host, Optional<Login> login) {
        Map<String, String> environment = container.environment();
        String related = variable.replaceFirst("(HOST(NAME)?|SERVER|IP)$", "PORT");
        Optional<Port> port = DatabaseUrl.port(environment.getOrDefault(variable, ""))
                .map(number -> new Port(variable, number))
                .or(() -> Optional.ofNullable(environment.get(related))
                        .filter(value -> !related.equals(variable) && value.matches("\\d{1,5}"))
                        .map(value -> new Port(related, Integer.parseInt(value))));
        return new ConnectionRequest(container, new Labels(container).service(), variable, host, port, login);
    }
}
