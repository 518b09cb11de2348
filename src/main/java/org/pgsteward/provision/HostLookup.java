package org.pgsteward.provision;

import java.util.Collection;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedSet;
import java.util.TreeSet;
import org.pgsteward.model.Container;

/**
 * Resolves a host name as one container would: to the managed PostgreSQL, or to another container.
 *
 * <p>Docker's resolver answers on each network of the container, and gives no order if two containers answer to one name.
 * Then the container of the same compose project takes precedence, and then the container with that very name: many
 * projects have a service {@code db}.
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

    /** Returns whether the name resolves to the managed server now. */
    boolean means(String host) {
        OptionalInt fit = server.map(managed -> fit(host, managed)).orElse(OptionalInt.empty());
        return fit.isPresent() && bestOther(host) <= fit.getAsInt();
    }

    /** Returns whether the name resolves to the managed server, or would if the two shared a network. */
    boolean meansOnAnyNetwork(String host) {
        return means(host) || wouldMean(host);
    }

    private boolean wouldMean(String host) {
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
                // The cheap filter first: each of many containers is compared with all others.
                .filter(other -> other.answersTo(host))
                .filter(other -> !other.id().equals(asker.id()) && !isServer(other))
                .map(other -> fit(host, other))
                .flatMapToInt(OptionalInt::stream)
                .max()
                .orElse(-1);
    }

    /** There are two while compose recreates it. */
    private boolean isServer(Container other) {
        return server.filter(managed -> managed.identity().equals(other.identity()))
                .isPresent();
    }

    /** Returns how well the name fits; empty if the candidate does not answer on a shared network. */
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
