package org.pgsteward.provision;

import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.pgsteward.model.Container;

/** Advises the operator which networks a container with a claim has to join. Pure. */
final class NetworkAdvice {
    private NetworkAdvice() {}

    /**
     * Returns one line, with the setting to add to the compose file; empty if the container is on each network that it needs.
     *
     * @param lookup of the container
     * @param webNetwork the network on which services are reached from outside, if there is one
     */
    static Optional<String> of(
            Container container, Optional<Container> postgres, HostLookup lookup, Optional<String> webNetwork) {
        if (postgres.isPresent() && !lookup.sharesNetwork() && lookup.joinable().isEmpty()) {
            String server = Names.printable(postgres.get().name());
            return Optional.of(
                    "container '" + Names.printable(container.name()) + "' requests a database, and PostgreSQL's"
                            + " container '" + server
                            + "' is on no network for services; connect it: `docker network connect internal_db "
                            + server + "`");
        }
        List<String> missing = Stream.concat(
                        lookup.sharesNetwork()
                                ? Stream.empty()
                                : lookup.joinable().stream().limit(1),
                        webNetwork.filter(web -> !container.networks().containsKey(web)).stream())
                .distinct()
                .toList();
        if (missing.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of("container '" + Names.printable(container.name()) + "' requests a database and is not on "
                + missing.stream()
                        .map(name -> "network " + Names.printable(name))
                        .collect(Collectors.joining(" and "))
                + "; add to its service, beside its other networks: `networks: ["
                + missing.stream().map(Names::printable).collect(Collectors.joining(", ")) + "]`");
    }
}
