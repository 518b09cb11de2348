package org.pgsteward.provision;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The claim of a container.
 *
 * @param siblings the other containers of its identity with a claim
 */
record ContainerClaim(Claim claim, List<IdentityRule.Sibling> siblings) {
    /** Returns the claims of the container and of its siblings. */
    List<Claim> all() {
        return Stream.concat(Stream.of(claim), siblings.stream().flatMap(other -> other.claim().stream()))
                .toList();
    }

    /** Returns the claim for the service {@code first} as its companion; unchanged if it is no companion. */
    ContainerClaim with(String first) {
        return claim.companionOf().isEmpty()
                ? this
                : new ContainerClaim(claim.of(claim.service(), Optional.of(first)), siblings);
    }

    /** Returns the same claims under the names of the enrolled services; see {@link ServicePlan#owned}. */
    ContainerClaim owned(Cluster cluster, boolean trusted, Set<String> identities) {
        return new ContainerClaim(
                ServicePlan.owned(claim, cluster, trusted, identities),
                siblings.stream()
                        .map(other -> new IdentityRule.Sibling(
                                other.container(),
                                other.claim().map(its -> ServicePlan.owned(its, cluster, false, Set.of()))))
                        .toList());
    }
}
