package org.pgsteward.provision;

import java.util.List;
import java.util.Map;
import org.pgsteward.model.Container;

/** Which container an operator vouches for. Pure. */
public final class AdoptionRule {
    private AdoptionRule() {}

    /**
     * Returns the containers that the operator may mean: several if they ask as the same service, as any container may.
     *
     * @param named a service or a container
     * @param services by container, of all that ask for a database
     */
    public static List<Container> candidates(String named, Map<Container, String> services) {
        List<Container> asService = services.keySet().stream()
                .filter(container -> named.equals(services.get(container)))
                .toList();
        if (asService.size() == 1) {
            return asService;
        }
        List<Container> ofThatName = services.keySet().stream()
                .filter(container -> named.equals(container.name()) || named.equals(container.commandName()))
                .filter(container -> asService.isEmpty() || asService.contains(container))
                .toList();
        return ofThatName.isEmpty() ? asService : ofThatName;
    }
}
