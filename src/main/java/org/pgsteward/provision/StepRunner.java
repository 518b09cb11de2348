package org.pgsteward.provision;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.pgsteward.model.Container;
import org.pgsteward.model.Enrolment;
import org.pgsteward.model.Outcome;
import org.pgsteward.model.Secret;
import org.pgsteward.postgres.Query;
import org.pgsteward.postgres.Server;

/** Plans the steps of a claim, and carries them out one by one. */
final class StepRunner {
    private final Server server;
    private final Clock clock;
    private final Consumer<String> progress;
    private final ContentsRepair insides;

    /** Passwords by the verifier that accepts them: a check takes milliseconds, and its result never changes. */
    private final Map<String, Secret> accepted = new ConcurrentHashMap<>();

    /** The first contest of a container with another one that has the role's password, by container id. */
    private final Map<String, IdentityRule.Contest> contests = new ConcurrentHashMap<>();

    /** @param progress gets the reason of each step after it was done */
    StepRunner(Server server, Clock clock, Consumer<String> progress) {
        this.server = server;
        this.clock = clock;
        this.progress = progress;
        this.insides = new ContentsRepair(server);
    }

    ContentsRepair insides() {
        return insides;
    }

    /**
     * Returns the plan for a claim.
     *
     * @param trusted whether an operator vouches for the claim
     * @throws SQLException if the claimed database cannot be read
     */
    ServicePlan plan(Claim claim, Cluster found, boolean trusted) throws SQLException {
        Cluster cluster = found;
        if (!trusted && Refusals.needsEvidence(claim, found)) {
            try (Connection inside = server.connect(claim.database())) {
                cluster = found.with(claim.database(), Evidence.read(inside, claim.user()));
            }
        }
        return ServicePlan.of(claim, cluster, server.address(), this::accepts, trusted, clock.instant());
    }

    /** @throws RefusedClaim if another container of its identity has a different claim, or had one for long */
    void checkIdentity(ContainerClaim owned, Cluster cluster) {
        Claim claim = owned.claim();
        String id = claim.container().id();
        Instant now = clock.instant();
        IdentityRule.contest(claim, owned.siblings(), cluster, this::accepts, now)
                .ifPresent(contest -> contests.putIfAbsent(id, contest));
        IdentityRule.check(claim, owned.siblings(), cluster, this::accepts, Optional.ofNullable(contests.get(id)), now);
    }

    void forget(Container container) {
        contests.remove(container.id());
    }

    private boolean accepts(Cluster.Role role, Secret password) {
        Secret known = accepted.get(role.verifier());
        if (known != null && known.equals(password)) {
            return true;
        }
        boolean accepts = ServicePlan.accepts(role, password);
        if (accepts) {
            accepted.put(role.verifier(), password);
        }
        return accepts;
    }

    /** @throws SQLException if a step failed; the steps before it are done, and the next run does the others */
    ClaimResult carryOut(ServicePlan plan, Cluster cluster, Connection connection) throws SQLException {
        Claim claim = plan.claim();
        if (plan.sharedWith().isPresent()) {
            return shares(claim, plan.sharedWith().get());
        }
        List<Step> done = new ArrayList<>();
        List<Step> last = new ArrayList<>();
        for (Step step : plan.steps()) {
            // The row is written last: it records the service as finished and forgets its previous role.
            if (step.kind() == Step.Kind.RECORD) {
                last.add(step);
                continue;
            }
            run(step, connection);
            done.add(step);
        }
        if (plan.adopts(cluster)
                || insides.lacks(claim.database(), claim.options().extensions())) {
            done.addAll(insides.putRight(
                    plan.kind(),
                    claim.database(),
                    claim.user(),
                    plan.former().map(Set::of).orElse(Set.of()),
                    claim.options().extensions(),
                    this::run));
        }
        for (Step step : last) {
            run(step, connection);
        }
        return result(plan, done);
    }

    void run(Step step, Connection connection) throws SQLException {
        Query.run(connection, step.sql());
        progress.accept(step.reason());
    }

    private ClaimResult result(ServicePlan plan, List<Step> done) {
        Claim claim = plan.claim();
        String subject = "database " + claim.database() + " of role " + claim.user();
        List<String> reasons = Stream.concat(
                        plan.moved().stream(),
                        done.stream()
                                .filter(step -> step.kind() != Step.Kind.RECORD)
                                .map(Step::reason))
                .toList();
        Outcome outcome = reasons.isEmpty()
                ? new Outcome.Skipped(subject + " needs no change")
                : new Outcome.Done(subject + " (" + claim.because() + "); before: " + String.join("; ", reasons));
        List<String> repaired = done.stream()
                .filter(step -> step.kind() == Step.Kind.REPAIR)
                .map(Step::reason)
                .toList();
        return new ClaimResult(
                outcome,
                claim.service(),
                true,
                Optional.empty(),
                repaired,
                Optional.of(enrolment(claim)),
                plan.imageChange(),
                plan.kind() == Step.Kind.ENROL ? claim.caution() : Optional.empty(),
                done.stream().anyMatch(DesiredService::setsPassword),
                claim.pool(),
                List.of());
    }

    private static ClaimResult shares(Claim claim, String service) {
        return ClaimResult.skipped(
                "container " + claim.container().name() + " uses database " + claim.database() + " of service "
                        + service,
                service,
                true);
    }

    /** Returns the result of a container whose claim equals the claim of a newer container, which is recorded. */
    static ClaimResult spokenFor(Claim claim, Container speaker) {
        return ClaimResult.skipped(
                "container " + claim.container().name() + " requests the same as container " + speaker.name()
                        + ", which was created later",
                claim.service(),
                true);
    }

    static ClaimResult failed(Claim claim, SQLException e) {
        return new ClaimResult(
                new Outcome.Failed("cannot create the database of service '" + claim.service() + "': " + e.getMessage()
                        + "; next attempt within a minute"),
                claim.service(),
                true,
                Optional.empty(),
                List.of(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                false,
                Optional.empty(),
                List.of());
    }

    private Enrolment enrolment(Claim claim) {
        Container container = claim.container();
        return new Enrolment(
                claim.service(),
                claim.database(),
                claim.user(),
                container.identity(),
                container.id(),
                container.image(),
                container.imageId(),
                clock.instant(),
                claim.companionOf());
    }
}
