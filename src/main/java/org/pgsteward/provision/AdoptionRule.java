package org.pgsteward.provision;

import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.pgsteward.model.Container;

/** Finds the container that an operator vouches for. Pure. */
public final class AdoptionRule {
    private static final Pattern ID = Pattern.compile("[0-9a-f]{12,64}");

    private AdoptionRule() {}

    /**
     * Returns the containers that the operator may mean. A container chooses the name of its service, and may choose
     * the name of another container. Only its id is its own.
     *
     * @param named a service, a container, or a container id of at least 12 digits
     * @param services the services of all containers that ask for a database, by container
     */
    public static List<Container> candidates(String named, Map<Container, String> services) {
        List<Container> byId = services.keySet().stream()
                .filter(container ->
                        ID.matcher(named).matches() && container.id().startsWith(named))
                .toList();
        if (!byId.isEmpty()) {
            return byId;
        }
        return services.keySet().stream()
                .filter(container -> named.equals(services.get(container)) || named.equals(container.name()))
                .toList();
    }
}
