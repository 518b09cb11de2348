package org.pgsteward.provision;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.pgsteward.model.Container;
import org.pgsteward.model.Enrolment;
import org.pgsteward.model.ImageChange;
import org.pgsteward.model.Outcome;
import org.pgsteward.model.Secret;
import org.pgsteward.postgres.Server;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives containers the databases that they ask for, and keeps what was given as it should be.
 *
 * <ol>
 *   <li>Read the claim; none is an ordinary answer.
 *   <li>Take the advisory lock (it belongs to the management database, where everybody takes it), so that a command and
 *       the daemon never plan over one another.
 *   <li>Look at what exists, plan, and carry out each step by itself: {@code CREATE DATABASE} allows no transaction, and
 *       a run that was killed between two steps finds the rest still to do.
 * </ol>
 *
 * <p>One piece of work at a time, over one connection that is kept for the next and {@linkplain #rest given back} when
 * there is none for a while.
 */
public final class Provisioner implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Provisioner.class);

    private final Discovery discovery;
    private final Server server;
    private final Set<String> allowedExtensions;
    private final Clock clock;
    private final Consumer<String> progress;
    private final Insides insides;

    /** Verifiers by the password they were made from: to find out takes milliseconds, and the answer never changes. */
    private final Map<String, Secret> accepted = new ConcurrentHashMap<>();

    private @Nullable Management kept;

    /** @param allowedExtensions what {@code pgsteward.extensions} may ask for */
    public Provisioner(Discovery discovery, Server server, Set<String> allowedExtensions, Clock clock) {
        this(discovery, server, allowedExtensions, clock, step -> LOG.debug("{}", step));
    }

    /** @param progress told of each step once it is done, by its reason */
    public Provisioner(
            Discovery discovery, Server server, Set<String> allowedExtensions, Clock clock, Consumer<String> progress) {
        this.discovery = discovery;
        this.server = server;
        this.allowedExtensions = Set.copyOf(allowedExtensions);
        this.clock = clock;
        this.progress = progress;
        this.insides = new Insides(server);
    }

    /**
     * What came of it.
     *
     * @param service whose it is; the container's name where it asks for nothing that could be read
     * @param claimed whether the container asks for a database at all
     * @param refused whether it asks for what it cannot have
     * @param repaired what had been changed by somebody else and is right again
     * @param enrolment the service, when it has its database now
     * @param caution why what it got will be of no use to it
     */
    public record Result(
            Outcome outcome,
            String service,
            boolean claimed,
            boolean refused,
            List<String> repaired,
            Optional<Enrolment> enrolment,
            Optional<ImageChange> imageChange,
            Optional<String> caution) {
        /** Whether the same may succeed without anybody changing anything. */
        public boolean worthRetrying() {
            return outcome instanceof Outcome.Failed && !refused;
        }

        static Result refused(String service, String reason) {
            return nothing(new Outcome.Failed(reason), service, true);
        }

        static Result nothing(Outcome outcome, String service, boolean refused) {
            return new Result(
                    outcome, service, false, refused, List.of(), Optional.empty(), Optional.empty(), Optional.empty());
        }
    }

    /**
     * What a look at everything found.
     *
     * @param byContainer by container id, what came of what each asks for
     * @param repaired by service or database, what is right again
     * @param troubles by service or database, what could not be put right
     */
    public record Reconciliation(
            Map<String, Result> byContainer, Map<String, List<String>> repaired, Map<String, String> troubles) {}

    /**
     * What would be done.
     *
     * @param wishes what the containers ask for, by service, and what there is of it
     * @param refused what they cannot have, by container
     * @param steps what is to be done about it
     */
    public record Plan(List<Line> wishes, List<Line> refused, List<Line> steps) {
        /** @param subject a service, a container or a database */
        public record Line(String subject, String text) {}
    }

    /** The service that {@code container} asks a database for, as far as it alone can tell; PostgreSQL is not asked. */
    public Optional<String> service(Container container, Optional<Container> postgres, Collection<Container> others) {
        try {
            return discovery.claim(container, postgres, others).map(Claim::service);
        } catch (RefusedClaim refused) {
            return Optional.empty();
        }
    }

    /** Looks at {@code container} and makes true what it asks for. */
    public Result provision(Container container, Optional<Container> postgres, Collection<Container> others) {
        return provision(container, postgres, others, false);
    }

    /**
     * @param trusted whether somebody vouches that the names are the container's, so that they become its own although
     *     it cannot show it
     */
    public synchronized Result provision(
            Container container, Optional<Container> postgres, Collection<Container> others, boolean trusted) {
        Optional<Claim> claim;
        try {
            claim = claim(container, postgres, others);
        } catch (RefusedClaim refused) {
            return Result.refused(container.name(), refused.reason());
        }
        if (claim.isEmpty()) {
            return Result.nothing(new Outcome.Skipped("asks for no database"), container.name(), false);
        }
        try (Management.Turn turn = management().turn()) {
            Cluster cluster =
                    turn.reading().around(claim.get(), server.address().database());
            return carryOut(claim.get(), cluster, turn.connection(), trusted);
        } catch (RefusedClaim refused) {
            return Result.refused(claim.get().service(), refused.reason());
        } catch (SQLException e) {
            rest();
            return failed(claim.get(), e);
        }
    }

    /**
     * Looks at all that is enrolled or asked for, makes true what is asked, and puts right what somebody changed.
     *
     * @param containers whose claims count; of several of one service the newest
     * @throws SQLException when PostgreSQL cannot be asked
     */
    public synchronized Reconciliation reconcile(Collection<Container> containers, Optional<Container> postgres)
            throws SQLException {
        return reconcile(containers, postgres, false).done();
    }

    /** What {@link #reconcile} would do now, changing nothing. */
    public synchronized Plan plan(Collection<Container> containers, Optional<Container> postgres) throws SQLException {
        return reconcile(containers, postgres, true).planned();
    }

    private Reconcile reconcile(Collection<Container> containers, Optional<Container> postgres, boolean dry)
            throws SQLException {
        Reconcile work = new Reconcile(dry);
        for (Container container : newest(containers)) {
            try {
                Optional<Claim> claim = claim(container, postgres, containers);
                claim.ifPresent(work.claims::add);
                if (claim.isEmpty() && Discovery.isSwitchedOff(container)) {
                    work.off.add(container.identity());
                }
            } catch (RefusedClaim refused) {
                work.results.put(container.id(), Result.refused(container.name(), refused.reason()));
            }
        }
        try (Management.Turn turn = management().turn()) {
            work.run(turn);
        } finally {
            rest();
        }
        return work;
    }

    /** Of one identity's containers the one made last; its password is the service's. */
    private static List<Container> newest(Collection<Container> containers) {
        return containers.stream()
                .collect(Collectors.toMap(
                        Container::identity,
                        container -> container,
                        (one, other) -> one.createdAt().isAfter(other.createdAt()) ? one : other,
                        java.util.TreeMap::new))
                .values()
                .stream()
                .toList();
    }

    private Optional<Claim> claim(Container container, Optional<Container> postgres, Collection<Container> others) {
        Optional<Claim> claim = discovery.claim(container, postgres, others);
        claim.ifPresent(asked -> asked.extensions().stream()
                .filter(extension -> !allowedExtensions.contains(extension))
                .sorted()
                .findFirst()
                .ifPresent(extension -> {
                    throw new RefusedClaim("service '" + asked.service() + "' asks for the extension '" + extension
                            + "', which is not allowed: add it to pgsteward.extensions.allowed");
                }));
        return claim;
    }

    private final class Reconcile {
        private final boolean dry;
        private final List<Claim> claims = new ArrayList<>();
        private final Set<String> off = new java.util.HashSet<>();
        private final Map<String, Result> results = new java.util.HashMap<>();
        private final Map<String, List<String>> repaired = new java.util.TreeMap<>();
        private final Map<String, String> troubles = new java.util.TreeMap<>();
        private final List<Plan.Line> wishes = new ArrayList<>();
        private final List<Plan.Line> steps = new ArrayList<>();

        Reconcile(boolean dry) {
            this.dry = dry;
        }

        Reconciliation done() {
            return new Reconciliation(results, repaired, troubles);
        }

        Plan planned() {
            return new Plan(
                    wishes,
                    results.values().stream()
                            .filter(Result::refused)
                            .map(result -> new Plan.Line(
                                    result.service(), result.outcome().reason()))
                            .toList(),
                    steps);
        }

        void run(Management.Turn turn) throws SQLException {
            Cluster cluster = turn.reading().whole();
            for (Claim claim : claims) {
                grant(claim, cluster, turn);
            }
            keepOthers(cluster, turn);
            boolean changed = results.values().stream().anyMatch(result -> result.outcome() instanceof Outcome.Done)
                    || !repaired.isEmpty();
            Cluster now = changed ? turn.reading().whole() : cluster;
            for (Claim claim : claims) {
                if (!isRefused(claim)) {
                    look(claim.service(), claim.database(), claim.user(), now, turn);
                }
            }
            for (IsolationPlan.Closing closing : IsolationPlan.of(now, server.address())) {
                put(closing.subject(), List.of(closing.step()), turn);
            }
        }

        private void grant(Claim claim, Cluster cluster, Management.Turn turn) throws SQLException {
            String id = claim.container().id();
            try {
                ServicePlan plan = plan(claim, cluster, false);
                if (dry) {
                    wishes.add(new Plan.Line(claim.service(), wish(claim, cluster)));
                    note(claim.service(), plan.steps());
                } else {
                    results.put(id, carryOut(plan, cluster, turn.connection()));
                }
            } catch (RefusedClaim refused) {
                results.put(id, Result.refused(claim.service(), refused.reason()));
            } catch (SQLException e) {
                turn.stillThere(e);
                results.put(id, failed(claim, e));
            }
        }

        private String wish(Claim claim, Cluster cluster) {
            String bound = cluster.service(claim.service())
                    .filter(Cluster.Service::isBound)
                    .map(service -> "bound to " + service.identity())
                    .orElse("bound to nobody yet");
            String role = cluster.role(claim.user()).isPresent() ? "the role exists" : "no such role";
            String database = cluster.database(claim.database())
                    .map(present -> "the database exists and is " + present.owner() + "'s")
                    .orElse("no such database");
            return "database " + claim.database() + " of role " + claim.user() + " (" + claim.because()
                    + "); there is: " + role + ", " + database + ", " + bound;
        }

        private boolean isRefused(Claim claim) {
            return Optional.ofNullable(results.get(claim.container().id()))
                    .filter(result -> result.outcome() instanceof Outcome.Failed)
                    .isPresent();
        }

        /** Services of which no container asks for anything now: it is gone, or the engine is. */
        private void keepOthers(Cluster cluster, Management.Turn turn) throws SQLException {
            Set<String> covered = claims.stream()
                    .filter(claim -> !isRefused(claim))
                    .map(Claim::service)
                    .collect(Collectors.toSet());
            for (Cluster.Service service : cluster.services().values()) {
                if (off.contains(service.identity())) {
                    letGo(service, turn);
                } else if (service.isKept() && !covered.contains(service.name())) {
                    put(service.name(), shape(service, cluster).kept(), turn);
                    look(service.name(), service.database(), service.role(), cluster, turn);
                }
            }
        }

        /** So that a command that cannot ask the engine leaves it alone too. */
        private void letGo(Cluster.Service service, Management.Turn turn) throws SQLException {
            if (service.enabled() && !dry) {
                run(ServicePlan.letGo(service, server.address().database()), turn.connection());
            }
        }

        private ServiceShape shape(Cluster.Service service, Cluster cluster) {
            return new ServiceShape(
                    cluster, server.address().database(), service.database(), service.role(), Step.Kind.REPAIR);
        }

        private void put(String subject, List<Step> steps, Management.Turn turn) throws SQLException {
            if (dry) {
                note(subject, steps);
                return;
            }
            for (Step step : steps) {
                try {
                    run(step, turn.connection());
                    repaired.computeIfAbsent(subject, any -> new ArrayList<>()).add(step.reason());
                } catch (SQLException e) {
                    turn.stillThere(e);
                    troubles.put(subject, step.reason() + ": " + e.getMessage());
                }
            }
        }

        private void note(String subject, List<Step> steps) {
            steps.forEach(step -> this.steps.add(new Plan.Line(subject, step.reason())));
        }

        private void look(String subject, String database, String role, Cluster cluster, Management.Turn turn)
                throws SQLException {
            Optional<Cluster.Database> present = cluster.database(database)
                    .filter(Cluster.Database::allowsConnections)
                    .filter(insides::hasChanged);
            if (present.isEmpty() || cluster.role(role).isEmpty()) {
                return;
            }
            try {
                if (dry) {
                    note(subject, insides.plan(Step.Kind.REPAIR, database, role));
                    return;
                }
                List<String> done =
                        insides.putRight(Step.Kind.REPAIR, database, role, Set.of(), Set.of(), Provisioner.this::run);
                insides.seen(present.get());
                if (!done.isEmpty()) {
                    repaired.computeIfAbsent(subject, any -> new ArrayList<>()).addAll(done);
                }
            } catch (SQLException e) {
                turn.stillThere(e);
                troubles.put(subject, "inside database " + database + ": " + e.getMessage());
            }
        }

        private void run(Step step, Connection connection) throws SQLException {
            Provisioner.this.run(step, connection);
        }
    }

    private ServicePlan plan(Claim claim, Cluster cluster, boolean trusted) {
        return ServicePlan.of(claim, cluster, server.address(), this::accepts, trusted, clock.instant());
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

    private Result carryOut(Claim claim, Cluster cluster, Connection connection, boolean trusted) throws SQLException {
        return carryOut(plan(claim, cluster, trusted), cluster, connection);
    }

    private Result carryOut(ServicePlan plan, Cluster cluster, Connection connection) throws SQLException {
        Claim claim = plan.claim();
        if (plan.sharedWith().isPresent()) {
            return shares(claim, plan.sharedWith().get());
        }
        List<Step> done = new ArrayList<>();
        List<String> insideDone = List.of();
        List<Step> last = new ArrayList<>();
        for (Step step : plan.steps()) {
            // What the service had before is forgotten only when all of it is the new role's.
            if (step.kind() == Step.Kind.RECORD
                    && (!done.isEmpty() || plan.former().isPresent())) {
                last.add(step);
                continue;
            }
            run(step, connection);
            done.add(step);
        }
        if (plan.adopts(cluster) || insides.lacks(claim.database(), claim.extensions())) {
            insideDone = insides.putRight(
                    done.stream().anyMatch(step -> step.kind() == Step.Kind.ENROL) ? Step.Kind.ENROL : Step.Kind.REPAIR,
                    claim.database(),
                    claim.user(),
                    plan.former().map(Set::of).orElse(Set.of()),
                    claim.extensions(),
                    this::run);
        }
        for (Step step : last) {
            run(step, connection);
        }
        return result(plan, done, insideDone);
    }

    private void run(Step step, Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(step.sql());
        }
        progress.accept(step.reason());
    }

    private Result result(ServicePlan plan, List<Step> done, List<String> inside) {
        Claim claim = plan.claim();
        String what = "database " + claim.database() + " of role " + claim.user();
        List<String> reasons = java.util.stream.Stream.concat(
                        done.stream()
                                .filter(step -> step.kind() != Step.Kind.RECORD)
                                .map(Step::reason),
                        inside.stream())
                .toList();
        boolean enrolled = done.stream().anyMatch(step -> step.kind() == Step.Kind.ENROL);
        Outcome outcome = reasons.isEmpty()
                ? new Outcome.Skipped(what + " is as it should be")
                : new Outcome.Done(what + " (" + claim.because() + "): " + String.join("; ", reasons));
        List<String> repaired = java.util.stream.Stream.concat(
                        done.stream()
                                .filter(step -> step.kind() == Step.Kind.REPAIR)
                                .map(Step::reason),
                        enrolled ? java.util.stream.Stream.<String>of() : inside.stream())
                .toList();
        return new Result(
                outcome,
                claim.service(),
                true,
                false,
                repaired,
                Optional.of(enrolment(claim)),
                plan.imageChange(),
                enrolled ? claim.caution() : Optional.empty());
    }

    private static Result shares(Claim claim, String service) {
        return new Result(
                new Outcome.Skipped("container " + claim.container().name() + " uses database " + claim.database()
                        + " of service " + service),
                service,
                true,
                false,
                List.of(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
    }

    private static Result failed(Claim claim, SQLException e) {
        return new Result(
                new Outcome.Failed("database of service '" + claim.service() + "' could not be made: " + e.getMessage()
                        + "; tried again within a minute"),
                claim.service(),
                true,
                false,
                List.of(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
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
                clock.instant());
    }

    private Management management() throws SQLException {
        Management open = kept;
        if (open != null && !open.isThere()) {
            rest();
            open = null;
        }
        if (open == null) {
            open = new Management(server.connect(server.address().database()));
            kept = open;
        }
        return open;
    }

    /** Gives the connection back until there is work again. */
    public synchronized void rest() {
        Management open = kept;
        kept = null;
        if (open != null) {
            open.close();
        }
    }

    @Override
    public void close() {
        rest();
    }
}
