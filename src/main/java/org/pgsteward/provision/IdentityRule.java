package org.pgsteward.provision;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.stream.Stream;
import org.pgsteward.model.CommandPrefix;
import org.pgsteward.model.Container;
import org.pgsteward.model.Secret;

/**
 * Decides whether a container may speak for its service while other containers have the same identity. Compose's labels
 * are the identity. Every container may carry every label, so the labels alone are no evidence. Pure.
 *
 * <ol>
 *   <li>The container that names the service's own role and database and has the role's present password may speak.
 *   <li>A container that asks for something else must be the only one: it is refused while another container of the
 *       identity exists and asks for something different. So labels alone never make a container the service. A
 *       password is rotated by removing the old container, which {@code docker compose up} does before it starts the
 *       new one.
 *   <li>A container may have existed for {@link #REPLACEMENT} beside the one with the role's password, and asked for
 *       something else. Then it is no replacement that compose made. It stays refused after the other one is gone,
 *       until an operator vouches for it.
 *   <li>A container exists as long as the engine lists it, stopped or not, unless it is being removed. So a service
 *       that is stopped for the night keeps its password. A container of {@code docker compose run} is never the
 *       service.
 * </ol>
 */
final class IdentityRule {
    private static final Set<Container.State> GOING = Set.of(Container.State.REMOVING, Container.State.DEAD);

    /**
     * The time within which compose replaces a container. It removes the old one as soon as it has stopped, and a stop
     * may take some minutes.
     */
    static final Duration REPLACEMENT = Duration.ofMinutes(10);

    private IdentityRule() {}

    /**
     * A period in which a container asked for something else than another container of its identity, which had the
     * role's password.
     *
     * @param other the name of the other container
     * @param since the time from which both existed
     */
    record Contest(String other, Instant since) {}

    /**
     * Another container of the same identity.
     *
     * @param claim empty where its settings cannot be read
     */
    record Sibling(Container container, Optional<Claim> claim) {
        private boolean asksTheSame(Claim other) {
            return claim.filter(other::asksTheSame).isPresent();
        }

        private boolean holds(Cluster cluster, BiPredicate<Cluster.Role, Secret> accepts) {
            return claim.filter(its -> IdentityRule.holds(its, cluster, accepts))
                    .isPresent();
        }
    }

    /**
     * Returns whether {@code other} counts beside {@code container}: it has the same identity, is not being removed,
     * and is not a one-off container.
     */
    static boolean counts(Container container, Container other) {
        return other.identity().equals(container.identity())
                && !other.id().equals(container.id())
                && !GOING.contains(other.state())
                && !other.isOneOff();
    }

    /** Returns the contest in which the claim's container is now, if any. The caller keeps it for {@link #check}. */
    static Optional<Contest> contest(
            Claim claim,
            Collection<Sibling> siblings,
            Cluster cluster,
            BiPredicate<Cluster.Role, Secret> accepts,
            Instant now) {
        if (holds(claim, cluster, accepts)) {
            return Optional.empty();
        }
        return siblings.stream()
                .filter(other -> !other.asksTheSame(claim) && other.holds(cluster, accepts))
                .map(Sibling::container)
                .map(other -> new Contest(
                        other.name(),
                        Stream.of(other.createdAt(), claim.container().createdAt())
                                .max(Comparator.naturalOrder())
                                .filter(both -> both.isBefore(now))
                                .orElse(now)))
                .min(Comparator.comparing(Contest::since));
    }

    /**
     * Checks that the container may speak for its service.
     *
     * @param siblings the containers for which {@link #counts} is true and that ask for a database
     * @param earlier the first contest of the container, if it had any
     * @throws RefusedClaim naming both containers, if another container of the identity asks for something else, or did
     *     so for long
     */
    static void check(
            Claim claim,
            Collection<Sibling> siblings,
            Cluster cluster,
            BiPredicate<Cluster.Role, Secret> accepts,
            Optional<Contest> earlier,
            Instant now) {
        if (holds(claim, cluster, accepts)) {
            return;
        }
        siblings.stream()
                .filter(other -> !other.asksTheSame(claim))
                .max(Comparator.comparing((Sibling other) -> other.holds(cluster, accepts))
                        .thenComparing(other -> other.container().createdAt()))
                .ifPresent(other -> {
                    throw refused(claim, other, other.holds(cluster, accepts));
                });
        earlier.filter(contest -> !contest.since().plus(REPLACEMENT).isAfter(now))
                .ifPresent(contest -> {
                    throw late(claim, contest);
                });
    }

    /**
     * Returns the container that speaks for several that ask for the same, if it is another one. It is the one made
     * last.
     */
    static Optional<Container> speaker(Claim claim, Collection<Sibling> siblings) {
        return siblings.stream()
                .filter(other -> other.asksTheSame(claim))
                .map(Sibling::container)
                .filter(other -> other.createdAt().isAfter(claim.container().createdAt()))
                .max(Comparator.comparing(Container::createdAt));
    }

    /** Returns whether the service has its role and database by this very claim. */
    private static boolean holds(Claim claim, Cluster cluster, BiPredicate<Cluster.Role, Secret> accepts) {
        boolean recorded = cluster.service(claim.service())
                .filter(service -> service.isBound()
                        && service.role().equals(claim.user())
                        && service.database().equals(claim.database()))
                .isPresent();
        return recorded
                && cluster.role(claim.user())
                        .filter(role -> accepts.test(role, claim.password()))
                        .isPresent();
    }

    private static RefusedClaim refused(Claim claim, Sibling other, boolean holds) {
        Container container = claim.container();
        String name = Names.printable(container.name());
        String others = Names.printable(other.container().name());
        String reason = "cannot enrol container '" + name + "': containers '" + name + "' and '" + others
                + "' both have the compose labels of '" + Names.printable(container.identity()) + "', and '" + name
                + "' requests " + difference(claim, other)
                + (holds
                        ? ". Service '" + claim.service() + "' stays with '" + others + "'"
                        : ". Both are refused, since either may be service '" + claim.service() + "'")
                + "; remove the container that is not the service, or adopt '" + name
                + "' with 'pgsteward provision --adopt " + container.commandName() + "'";
        String remedy = "docker inspect --format '{{.Name}} {{json .Config.Labels}}' " + container.commandName() + " "
                + other.container().commandName() + "   # the origin of both containers\ndocker rm -f "
                + container.commandName() + "   # if it is not the service\ndocker rm -f "
                + other.container().commandName() + "   # if it is left over\npgsteward provision --adopt "
                + container.commandName() + "   # if the refused container is the service";
        return new RefusedClaim(reason, remedy, true);
    }

    private static RefusedClaim late(Claim claim, Contest contest) {
        Container container = claim.container();
        String name = Names.printable(container.name());
        String other = Names.printable(contest.other());
        String reason = "cannot enrol container '" + name + "': it has the compose labels of '"
                + Names.printable(container.identity()) + "', but existed beside '" + other + "' since "
                + contest.since().truncatedTo(ChronoUnit.SECONDS)
                + " without the role's password. So it is not an update of '" + other
                + "', which was removed meanwhile; remove '" + name
                + "', or adopt it with 'pgsteward provision --adopt "
                + claim.service() + "'";
        String remedy = "docker inspect --format '{{.Name}} {{json .Config.Labels}}' " + container.commandName()
                + "   # its origin\ndocker rm -f " + container.commandName()
                + "   # if it is not the service\npgsteward provision --adopt " + CommandPrefix.word(claim.service())
                + "   # if it is the service";
        return new RefusedClaim(reason, remedy, false);
    }

    private static String difference(Claim claim, Sibling other) {
        if (other.claim().isEmpty()) {
            return "a database while the settings of '"
                    + Names.printable(other.container().name()) + "' cannot be read";
        }
        Claim its = other.claim().get();
        if (!its.user().equals(claim.user())) {
            return "role '" + claim.user() + "' instead of role '" + its.user() + "'";
        }
        return its.database().equals(claim.database())
                ? "role '" + claim.user() + "' with another password"
                : "database '" + claim.database() + "' instead of database '" + its.database() + "'";
    }
}
