package org.pgsteward.provision;

import java.util.Collection;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedSet;
import java.util.TreeSet;
import org.pgsteward.model.Container;

/**
 * The meaning of a host name for one container that looks it up: the managed PostgreSQL, or another container.
 *
 * <p>Docker's resolver answers on each network of the asking container, and defines no order where two containers
 * answer to one name. The author of the compose file then meant the container in the same project, or else the
 * container with that very name: every other project has a service {@code db}.
 */
final class HostLookup {
    private final Container asker;
    private final Optional<Container> server;
    private final Collection<Container> others;

    /** @param others the host's containers; the asker and the server may be among them */
    HostLookup(Container asker, Optional<Container> server, Collection<Container> others) {
        this.asker = asker;
        this.server = server;
        this.others = others;
    }

    /** Returns whether the name means the managed server now. */
    boolean means(String host) {
        OptionalInt fit = server.map(managed -> fit(host, managed)).orElse(OptionalInt.empty());
        return fit.isPresent() && bestOther(host) <= fit.getAsInt();
    }

    /** Returns whether the name would mean the managed server if the two containers shared a network. */
    boolean wouldMean(String host) {
        return server.filter(managed -> managed.answersTo(host)).isPresent() && bestOther(host) < 0;
    }

    boolean sharesNetwork() {
        return server.filter(asker::sharesNetworkWith).isPresent();
    }

    /** Returns the server's networks that another container can join. */
    SortedSet<String> joinable() {
        return server.map(Container::joinableNetworks).orElseGet(TreeSet::new);
    }

    private int bestOther(String host) {
        return others.stream()
                // The cheap and seldom true test comes first: a host has many containers, and each is compared with all
                // others.
                .filter(other -> other.answersTo(host))
                .filter(other -> !other.id().equals(asker.id()) && !isServer(other))
                .map(other -> fit(host, other))
                .flatMapToInt(OptionalInt::stream)
                .max()
                .orElse(-1);
    }

    /** Returns whether a container is the server. During a re-creation, two containers are. */
    private boolean isServer(Container other) {
        return server.filter(managed -> managed.identity().equals(other.identity()))
                .isPresent();
    }

    /** Returns how well the name fits; empty where the asker cannot resolve it to the candidate. */
    private OptionalInt fit(String host, Container candidate) {
        if (asker.sharedNetworks(candidate).stream().noneMatch(network -> candidate.answersTo(host, network))) {
            return OptionalInt.empty();
        }
        boolean sameProject =
                asker.composeProject().isPresent() && asker.composeProject().equals(candidate.composeProject());
        boolean sameName = candidate.name().equalsIgnoreCase(host);
        return OptionalInt.of((sameProject ? 2 : 0) + (sameName ? 1 : 0));
    }
}
