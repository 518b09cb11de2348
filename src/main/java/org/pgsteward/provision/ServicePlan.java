package org.pgsteward.provision;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.pgsteward.model.Container;
import org.pgsteward.model.ImageChange;
import org.pgsteward.model.Secret;
import org.pgsteward.postgres.Quote;
import org.pgsteward.postgres.ScramVerifier;
import org.pgsteward.postgres.ServerAddress;

/**
 * The steps from the existing objects to a container's request; pure.
 *
 * <p>A free name goes to the claimant. A name in use is the claimant's own in two cases only. Either the service is
 * bound to this very container's identity, or the container shows that it used the name before: it knows the role's
 * password, and the role has business in the database. So a script's databases are adopted as they are, and knowledge
 * of the names alone gives no access.
 *
 * @param kind the kind of the steps that repair something
 * @param steps in order; after a run that was killed between them, the next run does the rest
 * @param former the role that the service had before; the new one takes over its objects
 * @param sharedWith the service that this database belongs to, if the container is one more of the same application,
 *     such as its worker. The other container then decides how the database should be
 * @param imageChange present if the container runs another image than when it was seen last
 * @param moved a sentence that another container has the service from now on, after an operator vouched for it
 */
record ServicePlan(
        Claim claim,
        Step.Kind kind,
        List<Step> steps,
        Optional<String> former,
        Optional<ImageChange> imageChange,
        Optional<String> sharedWith,
        Optional<String> moved) {

    /** The placeholder for the image's digest until the service has everything that it asks for. */
    private static final String UNFINISHED = "";

    /**
     * Returns the plan for a claim.
     *
     * @param accepts whether a stored verifier was made from a password
     * @param trusted whether an operator vouched for the claim, so that it needs no evidence
     * @throws RefusedClaim if the names are not the claimant's own
     */
    static ServicePlan of(
            Claim claim,
            Cluster cluster,
            ServerAddress server,
            BiPredicate<Cluster.Role, Secret> accepts,
            boolean trusted,
            Instant now) {
        return of(claim, cluster, server, accepts, trusted, now, () -> ComingVerifier.of(claim.password()));
    }

    /**
     * Returns the same plan.
     *
     * @param password begins the verifier of the claim's password, or returns one that was begun before
     */
    static ServicePlan of(
            Claim claim,
            Cluster cluster,
            ServerAddress server,
            BiPredicate<Cluster.Role, Secret> accepts,
            boolean trusted,
            Instant now,
            Supplier<ComingVerifier> password) {
        Optional<String> sharedWith = sharedWith(claim, cluster, accepts);
        if (sharedWith.isPresent()) {
            return new ServicePlan(
                    claim,
                    Step.Kind.REPAIR,
                    List.of(),
                    Optional.empty(),
                    Optional.empty(),
                    sharedWith,
                    Optional.empty());
        }
        Refusals.check(claim, cluster, server, accepts, trusted);
        Optional<Cluster.Service> enrolled = cluster.service(claim.service()).filter(Cluster.Service::isBound);
        Step.Kind kind = enrolled.map(before -> kind(before, claim)).orElse(Step.Kind.ENROL);
        boolean accepted = cluster.role(claim.user())
                .filter(role -> accepts.test(role, claim.password()))
                .isPresent();
        List<Step> steps = new ArrayList<>();
        String row = row(claim, claim.container().imageId(), now);
        String bound = row(claim, UNFINISHED, now);
        steps.addAll(new DesiredService(cluster, server.database(), claim, kind).made(password, accepted));
        if (enrolled.isEmpty()) {
            // The service is bound before anything is made, so that no other container resumes a run that is killed
            // after this. A new role is made in the same transaction, since each transaction waits for the disk.
            if (cluster.role(claim.user()).isEmpty()) {
                steps.set(0, steps.get(0).after(() -> bound));
            } else {
                steps.add(
                        0,
                        new Step(
                                Step.Kind.BIND,
                                server.database(),
                                bound,
                                "service " + claim.service() + " is bound to "
                                        + Names.printable(claim.container().identity())));
            }
            steps.add(new Step(
                    Step.Kind.RECORD, server.database(), row, "service " + claim.service() + " has its database"));
        }
        Optional<String> former = enrolled.map(Cluster.Service::role).filter(role -> !role.equals(claim.user()));
        if (enrolled.filter(before -> !isRecorded(before, claim)).isPresent()) {
            String retired = former.filter(cluster.roles()::containsKey)
                    .map(role -> "; " + DesiredService.retired(role, server.database()))
                    .orElse("");
            steps.add(new Step(
                    Step.Kind.RECORD, server.database(), row + retired, "service " + claim.service() + " has changed"));
        }
        return new ServicePlan(
                claim,
                kind,
                List.copyOf(steps),
                former,
                enrolled.flatMap(before -> change(before, claim, now)),
                Optional.empty(),
                enrolled.map(Cluster.Service::identity)
                        .filter(before -> !before.equals(claim.container().identity()))
                        .map(before -> "service " + claim.service() + " now belongs to "
                                + Names.printable(claim.container().identity()) + " instead of "
                                + Names.printable(before)));
    }

    /**
     * Returns the kind of the steps. The rest of an interrupted enrolment is no repair, since no operator changed
     * anything.
     */
    private static Step.Kind kind(Cluster.Service before, Claim claim) {
        if (!before.role().equals(claim.user()) || !before.database().equals(claim.database())) {
            return Step.Kind.CHANGE;
        }
        return before.imageId().equals(UNFINISHED) ? Step.Kind.ENROL : Step.Kind.REPAIR;
    }

    /**
     * Returns the claim under the name of its enrolled service. A container that was renamed in compose keeps its
     * service's name, since its backups and its history have that name. An operator has to vouch for it once, when the
     * previous identity has no container any more.
     *
     * @param identities the identities of the existing containers
     */
    static Claim owned(Claim claim, Cluster cluster, boolean trusted, Set<String> identities) {
        if (cluster.service(claim.service()).filter(Cluster.Service::isBound).isPresent()) {
            return claim;
        }
        String identity = claim.container().identity();
        return cluster.index()
                .servicesOfDatabase(claim.database())
                .filter(other -> other.isKept()
                        && other.database().equals(claim.database())
                        && other.role().equals(claim.user()))
                .filter(other ->
                        other.identity().equals(identity) || (trusted && !identities.contains(other.identity())))
                .findFirst()
                .map(other -> claim.of(other.name()))
                .orElse(claim);
    }

    /**
     * Returns the service of another container in the same compose project that has the same names and the same
     * password: one application in several containers.
     */
    private static Optional<String> sharedWith(
            Claim claim, Cluster cluster, BiPredicate<Cluster.Role, Secret> accepts) {
        Optional<String> project = claim.container().composeProject().map(name -> name + "/");
        return cluster.index()
                .servicesOfDatabase(claim.database())
                .filter(other -> (!other.name().equals(claim.service()) || isOfAnother(other, claim, cluster))
                        && !isTogether(other, claim)
                        && other.isKept()
                        && other.database().equals(claim.database())
                        && other.role().equals(claim.user())
                        && project.filter(other.identity()::startsWith).isPresent())
                .filter(other -> cluster.role(claim.user())
                        .filter(role -> accepts.test(role, claim.password()))
                        .isPresent())
                .map(Cluster.Service::name)
                .findFirst();
    }

    /** Returns whether a further database belongs to another container. It follows the first database after an adoption. */
    private static boolean isOfAnother(Cluster.Service other, Claim claim, Cluster cluster) {
        String identity = claim.container().identity();
        return other.isCompanion()
                && !other.identity().equals(identity)
                && claim.companionOf()
                        .filter(first -> cluster.service(first)
                                .filter(it -> it.identity().equals(identity))
                                .isEmpty())
                        .isPresent();
    }

    /** Returns whether {@code other} has another database of the claim's own container. */
    private static boolean isTogether(Cluster.Service other, Claim claim) {
        return other.identity().equals(claim.container().identity())
                && (other.isCompanion() || claim.companionOf().isPresent());
    }

    /**
     * Returns whether the inside of the database has to be checked, since this plan did not make the database. A
     * container that was merely re-created is no reason: its application must not wait for the check.
     */
    boolean adopts(Cluster cluster) {
        boolean remade = cluster.service(claim.service())
                .filter(before -> isSame(before, claim))
                .isPresent();
        return cluster.database(claim.database()).isPresent()
                && (former.isPresent()
                        || steps.stream()
                                .anyMatch(step -> step.kind() != Step.Kind.CHANGE
                                        && !(remade && step.kind() == Step.Kind.RECORD)));
    }

    /** Returns the step for a container with the label {@code pgsteward.enable=false}. */
    static Step letGo(Cluster.Service service, String management) {
        return new Step(
                Step.Kind.RECORD,
                management,
                "UPDATE public.service_configs SET enabled = false WHERE service_name = "
                        + Quote.literal(service.name()),
                "service " + service.name() + " is left alone");
    }

    /**
     * Returns whether the row has all of the claim. The id of a one-off container is not recorded: it would alternate
     * with the id of the service's own container.
     */
    private static boolean isRecorded(Cluster.Service before, Claim claim) {
        Container container = claim.container();
        return isSame(before, claim)
                && (container.isOneOff() || before.containerId().equals(container.id()));
    }

    /** Returns whether the row has all of the claim except the container's id. */
    private static boolean isSame(Cluster.Service before, Claim claim) {
        Container container = claim.container();
        return before.database().equals(claim.database())
                && before.identity().equals(container.identity())
                && before.role().equals(claim.user())
                && before.image().equals(container.image())
                && before.imageId().equals(container.imageId())
                && before.companionOf().equals(claim.companionOf().orElse(""))
                && before.enabled();
    }

    private static Optional<ImageChange> change(Cluster.Service before, Claim claim, Instant now) {
        Container container = claim.container();
        // An unfinished enrolment has no digest, and older versions of pgsteward recorded none. This is no change.
        if (before.imageId().isEmpty() || before.imageId().equals(container.imageId())) {
            return Optional.empty();
        }
        return Optional.of(new ImageChange(
                claim.service(), before.image(), before.imageId(), container.image(), container.imageId(), now));
    }

    private static String row(Claim claim, String imageId, Instant now) {
        Container container = claim.container();
        String at = Quote.literal(now.toString()) + "::timestamptz AT TIME ZONE 'UTC'";
        String companionOf = claim.companionOf().map(Quote::literal).orElse("NULL");
        String values = Stream.of(
                        claim.service(),
                        claim.database(),
                        claim.user(),
                        container.identity(),
                        container.id(),
                        container.image(),
                        imageId)
                .map(Quote::literal)
                .collect(Collectors.joining(", "));
        return "INSERT INTO public.service_configs (service_name, database_name, role_name, identity, container_id,"
                + " image, image_id, companion_of, created_at, updated_at) VALUES (" + values + ", " + companionOf
                + ", "
                + at + ", " + at + ")"
                + " ON CONFLICT (service_name) DO UPDATE SET database_name = EXCLUDED.database_name,"
                + " role_name = EXCLUDED.role_name, identity = EXCLUDED.identity,"
                + " container_id = EXCLUDED.container_id, image = EXCLUDED.image, image_id = EXCLUDED.image_id,"
                + " companion_of = EXCLUDED.companion_of,"
                + " enabled = true, updated_at = EXCLUDED.updated_at";
    }

    /** Returns whether the role's verifier was made from {@code password}, in either of PostgreSQL's two forms. */
    static boolean accepts(Cluster.Role role, Secret password) {
        return ScramVerifier.accepts(role.verifier(), role.name(), password);
    }
}
