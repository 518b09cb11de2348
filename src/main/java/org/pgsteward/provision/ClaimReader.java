package org.pgsteward.provision;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.pgsteward.model.Container;

/** Reads the claims of containers, and refuses extensions that the operator does not allow. */
final class ClaimReader {
    private final Discovery discovery;
    private final Set<String> allowedExtensions;

    /** @param allowedExtensions {@code pgsteward.extensions.allowed} */
    ClaimReader(Discovery discovery, Set<String> allowedExtensions) {
        this.discovery = discovery;
        this.allowedExtensions = Set.copyOf(allowedExtensions);
    }

    /**
     * The claims of all containers, those of one container one after the other.
     *
     * @param refused containers whose claim cannot be read
     * @param switchedOff identities of containers that a label excludes from enrolment
     */
    record All(List<ContainerClaim> claims, Map<Container, RefusedClaim> refused, Set<String> switchedOff) {}

    /** Reads the claims of all containers, of each identity the container that was created last first. */
    All all(Collection<Container> containers, Optional<Container> postgres) {
        List<ContainerClaim> claims = new ArrayList<>();
        Map<Container, RefusedClaim> refused = new LinkedHashMap<>();
        Set<String> switchedOff = new HashSet<>();
        Map<String, List<Container>> byIdentity = containers.stream()
                .collect(Collectors.groupingBy(Container::identity, TreeMap::new, Collectors.toList()));
        for (List<Container> same : byIdentity.values()) {
            for (Container container : newestFirst(same)) {
                try {
                    List<ContainerClaim> its = claims(container, same, postgres, containers);
                    claims.addAll(its);
                    if (its.isEmpty() && new Labels(container).isSwitchedOff()) {
                        switchedOff.add(container.identity());
                    }
                } catch (RefusedClaim refusal) {
                    refused.put(container, refusal);
                }
            }
        }
        return new All(claims, refused, switchedOff);
    }

    private static List<Container> newestFirst(List<Container> containers) {
        return containers.stream()
                .sorted(Comparator.comparing(Container::createdAt).reversed())
                .toList();
    }

    /**
     * Reads the claims of one container.
     *
     * @param others all containers of the host
     * @throws RefusedClaim if a claim is invalid
     */
    List<ContainerClaim> one(Container container, Optional<Container> postgres, Collection<Container> others) {
        return claims(container, others, postgres, others);
    }

    /** @param candidates the containers among which the siblings are */
    private List<ContainerClaim> claims(
            Container container,
            Collection<Container> candidates,
            Optional<Container> postgres,
            Collection<Container> others) {
        return claims(container, postgres, others).stream()
                .map(claim -> new ContainerClaim(claim, siblings(claim, candidates, postgres, others)))
                .toList();
    }

    private List<IdentityRule.Sibling> siblings(
            Claim claim, Collection<Container> candidates, Optional<Container> postgres, Collection<Container> others) {
        return candidates.stream()
                .filter(other -> IdentityRule.counts(claim.container(), other))
                .flatMap(other -> {
                    try {
                        return claims(other, postgres, others).stream()
                                .filter(claim::isForTheSame)
                                .map(its -> new IdentityRule.Sibling(other, Optional.of(its)));
                    } catch (RefusedClaim refused) {
                        return Stream.of(new IdentityRule.Sibling(other, Optional.empty()));
                    }
                })
                .toList();
    }

    private List<Claim> claims(Container container, Optional<Container> postgres, Collection<Container> others) {
        List<Claim> claims = discovery.claims(container, postgres, others);
        claims.forEach(asked -> asked.options().extensions().stream()
                .filter(extension -> !allowedExtensions.contains(extension))
                .sorted()
                .findFirst()
                .ifPresent(extension -> {
                    throw new RefusedClaim("cannot enrol service '" + asked.service() + "': it requests the extension '"
                            + extension + "', which is not allowed; add it to pgsteward.extensions.allowed");
                }));
        return claims;
    }

    /** Returns the service of a container's claim, without asking PostgreSQL; empty if the claim is refused. */
    Optional<String> service(Container container, Optional<Container> postgres, Collection<Container> others) {
        try {
            return discovery.claim(container, postgres, others).map(Claim::service);
        } catch (RefusedClaim refused) {
            return Optional.empty();
        }
    }
}
