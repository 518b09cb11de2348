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
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.pgsteward.model.Container;
import org.pgsteward.model.Enrolment;
import org.pgsteward.model.Outcome;
import org.pgsteward.model.Secret;
import org.pgsteward.postgres.Query;
import org.pgsteward.postgres.Server;
import org.pgsteward.postgres.SpareDatabases;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Plans the steps of a claim, and carries them out one by one. */
final class StepRunner {
    private static final Logger LOG = LoggerFactory.getLogger(StepRunner.class);

    private final Server server;
    private final Clock clock;
    private final Consumer<String> progress;
    private final ContentsRepair insides;

    /** Passwords by the verifier that accepts them: a check takes milliseconds, and its result never changes. */
    private final Map<String, Secret> accepted = new ConcurrentHashMap<>();

    /** The first contest of a container with another one that has the role's password, by container id. */
    private final Map<String, IdentityRule.Contest> contests = new ConcurrentHashMap<>();

    /** The verifier that the next plan may need. Only the thread whose turn it is reads and writes it. */
    private Optional<ComingVerifier> expected = Optional.empty();

    /** Whether no database was made since the last preparation. */
    private volatile boolean prepared;

    /**
     * @param recorded whether a database that an earlier process checked in its present state is not checked again
     * @param progress gets the reason of each step after it was done
     */
    StepRunner(Server server, boolean recorded, Clock clock, Consumer<String> progress) {
        this.server = server;
        this.clock = clock;
        this.progress = progress;
        this.insides = new ContentsRepair(server, recorded);
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
        return ServicePlan.of(
                claim, cluster, server.address(), this::accepts, trusted, clock.instant(), () -> verifier(claim));
    }

    /** Begins to compute the verifier for a container that has never run: its role probably does not exist. */
    void expect(Claim claim) {
        if (claim.container().startedAt().isEmpty()) {
            expected = Optional.of(ComingVerifier.of(claim.password()));
        }
    }

    /** Each verifier is used once, since two roles with the same salt would show that their passwords are the same. */
    private ComingVerifier verifier(Claim claim) {
        Optional<ComingVerifier> begun =
                expected.filter(coming -> coming.password().equals(claim.password()));
        expected = Optional.empty();
        return begun.orElseGet(() -> ComingVerifier.of(claim.password()));
    }

    /**
     * Plans the claim of a container that does not exist, and carries out nothing. The first plan of a process takes 80 ms
     * longer than later ones, because the JVM loads classes.
     */
    void rehearse(ManagementConnection.Turn turn) throws SQLException {
        Claim claim = Rehearsal.claim(clock.instant());
        expect(claim);
        Cluster cluster = turn.reading().around(List.of(claim), server.address().database());
        ContainerClaim owned = new ContainerClaim(claim, List.of()).owned(cluster, false, Set.of());
        checkIdentity(owned, cluster);
        IdentityRule.speaker(owned.claim(), owned.siblings());
        plan(owned.claim(), cluster, false).steps().forEach(Step::sql);
        SpareDatabases.find(turn.connection());
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
        // The row is written last: it records the service as finished and forgets its previous role.
        List<Step> last = plan.steps().stream()
                .filter(step -> step.kind() == Step.Kind.RECORD)
                .toList();
        List<Step> done = new ArrayList<>(plan.steps());
        done.removeAll(last);
        if (!takeSpare(claim, done, connection)) {
            for (Step step : done) {
                run(step, connection);
            }
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

    /**
     * Carries out all steps in one transaction, with a spare database instead of a new one.
     *
     * @return false if nothing was done: the steps make no database, or no spare one has the locale
     */
    private boolean takeSpare(Claim claim, List<Step> steps, Connection connection) throws SQLException {
        String creation = DesiredService.noDatabase(claim.database());
        if (steps.stream().noneMatch(step -> step.reason().equals(creation))) {
            return false;
        }
        prepared = false;
        if (claim.options().locale().isPresent()) {
            return false;
        }
        Optional<String> spare = SpareDatabases.find(connection);
        if (spare.isEmpty()) {
            return false;
        }
        String given = SpareDatabases.given(spare.get(), claim.database(), claim.user());
        try {
            Query.run(
                    connection,
                    steps.stream()
                            .map(step -> step.reason().equals(creation) ? given : step.sql())
                            .collect(Collectors.joining("; ")));
        } catch (SQLException e) {
            LOG.debug("cannot give away {}, and creates a database: {}", spare.get(), e.getMessage());
            return false;
        }
        steps.forEach(step -> progress.accept(step.reason()));
        return true;
    }

    boolean isPrepared() {
        return prepared;
    }

    /**
     * Prepares for the next service.
     *
     * @param spares the number of databases to keep; see {@link SpareDatabases#keep}
     */
    void prepare(ManagementConnection.Turn turn, int spares) throws SQLException {
        SpareDatabases.keep(turn.connection(), spares);
        rehearse(turn);
        prepared = true;
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
