package org.pgsteward.provision;

import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.pgsteward.model.Container;
import org.pgsteward.model.Enrolment;
import org.pgsteward.model.ImageChange;
import org.pgsteward.model.Outcome;
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
 * <p>One piece of work at a time, in the order in which they come. Containers are served over one connection that is kept:
 * to log in takes as long as all the rest but {@code CREATE DATABASE}. A look at everything lets others go first before each
 * database that it looks into.
 */
public final class Provisioner implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Provisioner.class);

    /**
     * For which a statement waits for a lock. A role can keep its own row of the catalog locked, and all other services wait
     * meanwhile. The step is retried later.
     */
    private static final Duration LOCK_TIMEOUT = Duration.ofSeconds(2);

    private final Discovery discovery;
    private final Server server;
    private final Set<String> allowedExtensions;
    private final Carrier carrier;

    /** Fair: a list of all containers is one piece of work after another, and a new container comes between them. */
    private final ReentrantLock turns = new ReentrantLock(true);

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
        this.carrier = new Carrier(server, clock, progress);
    }

    /**
     * What came of it.
     *
     * @param service whose it is; the container's name where it asks for nothing that could be read
     * @param claimed whether the container asks for a database at all
     * @param refusal set when it asks for something that it cannot have
     * @param repaired what had been changed by somebody else and is right again
     * @param enrolment the service, when it has its database now
     * @param caution why what it got will be of no use to it
     * @param passwordSet whether the role got the container's password just now
     */
    public record Result(
            Outcome outcome,
            String service,
            boolean claimed,
            Optional<Refusal> refusal,
            List<String> repaired,
            Optional<Enrolment> enrolment,
            Optional<ImageChange> imageChange,
            Optional<String> caution,
            boolean passwordSet) {
        /** Whether it asks for something that it cannot have. */
        public boolean refused() {
            return refusal.isPresent();
        }

        /** Whether the service had no database until just now. */
        public boolean databaseMade() {
            return outcome instanceof Outcome.Done done
                    && enrolment
                            .filter(it -> done.reason().contains(ServiceShape.noDatabase(it.database())))
                            .isPresent();
        }

        /** Whether the same may succeed without a change by an operator. */
        public boolean worthRetrying() {
            return outcome instanceof Outcome.Failed && !refused();
        }

        static Result refused(String service, RefusedClaim refused) {
            return of(new Outcome.Failed(refused.reason()), service, false, Optional.of(refused.refusal()));
        }

        /** Of a container that gets nothing of its own: it asks for nothing, or another one of its service does so. */
        static Result skipped(String reason, String service, boolean claimed) {
            return of(new Outcome.Skipped(reason), service, claimed, Optional.empty());
        }

        private static Result of(Outcome outcome, String service, boolean claimed, Optional<Refusal> refusal) {
            return new Result(
                    outcome,
                    service,
                    claimed,
                    refusal,
                    List.of(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    false);
        }
    }

    /**
     * Why a container is not served, besides the reason.
     *
     * @param remedy lines to paste; empty where the usual ones do
     * @param passing whether an update of the container looks the same for a moment, so that an alert can wait
     */
    public record Refusal(String remedy, boolean passing) {}

    /**
     * What a look at everything found.
     *
     * @param byContainer by container id, what came of what each asks for
     * @param repaired by service, the drift that was repaired
     * @param closed by database, the rights of PUBLIC that were revoked; PostgreSQL grants them with each new database
     * @param troubles by service or database, what could not be put right
     * @param excesses what a service or a role has made larger than pgsteward reads
     */
    public record Reconciliation(
            Map<String, Result> byContainer,
            Map<String, List<String>> repaired,
            Map<String, List<String>> closed,
            Map<String, String> troubles,
            List<Excess> excesses) {
        public Reconciliation {
            excesses = List.copyOf(excesses);
        }
    }

    /**
     * What would be done.
     *
     * @param wishes what the containers ask for, by service, and what there is of it
     * @param refused what they cannot have
     * @param steps what is to be done about it
     * @param closings those of the steps that take a right from everybody
     */
    public record Plan(List<Line> wishes, List<Refused> refused, List<Line> steps, List<Line> closings) {
        public static final Plan NONE = new Plan(List.of(), List.of(), List.of(), List.of());

        /** A line that is about something. */
        public sealed interface About permits Line, Refused {
            /** A service, a container or a database. */
            String subject();

            String text();
        }

        public record Line(String subject, String text) implements About {}

        /**
         * @param subject the service, or the container's name where it is not known
         * @param container its name for a command line
         * @param remedy lines to paste; empty where the text says what to do
         */
        public record Refused(String subject, String text, String container, String remedy) implements About {}
    }

    /** The service that {@code container} asks a database for, as far as it alone can tell; PostgreSQL is not asked. */
    public Optional<String> service(Container container, Optional<Container> postgres, Collection<Container> others) {
        try {
            return discovery.claim(container, postgres, others).map(Claim::service);
        } catch (RefusedClaim refused) {
            return Optional.empty();
        }
    }

    /** Forgets a container that is no more. */
    public void forget(Container container) {
        carrier.forget(container);
    }

    /** Looks at {@code container} and makes true what it asks for. */
    public Result provision(Container container, Optional<Container> postgres, Collection<Container> others) {
        return provision(container, postgres, others, false);
    }

    /**
     * @param others all containers that there are
     * @param trusted whether somebody vouches that the names are the container's, so that they become its own although
     *     it cannot show it
     */
    public Result provision(
            Container container, Optional<Container> postgres, Collection<Container> others, boolean trusted) {
        turns.lock();
        try {
            return provisionInTurn(container, postgres, others, trusted);
        } finally {
            turns.unlock();
        }
    }

    private Result provisionInTurn(
            Container container, Optional<Container> postgres, Collection<Container> others, boolean trusted) {
        Optional<Claim> claim;
        try {
            claim = claim(container, postgres, others);
        } catch (RefusedClaim refused) {
            return Result.refused(container.name(), refused);
        }
        if (claim.isEmpty()) {
            return Result.skipped("asks for no database", container.name(), false);
        }
        Reconcile.Asking asking = new Reconcile.Asking(claim.get(), siblings(container, others, postgres, others));
        try (Management.Turn turn = management().turn()) {
            Cluster cluster =
                    turn.reading().around(asking.all(), server.address().database());
            Set<String> identities = others.stream().map(Container::identity).collect(Collectors.toSet());
            Reconcile.Asking owned = asking.owned(cluster, trusted, identities);
            if (!trusted) {
                carrier.checkIdentity(owned, cluster);
                Optional<Container> speaker = IdentityRule.speaker(owned.claim(), owned.siblings());
                if (speaker.isPresent()) {
                    return Carrier.spokenFor(owned.claim(), speaker.get());
                }
            }
            return carrier.carryOut(carrier.plan(owned.claim(), cluster, trusted), cluster, turn.connection());
        } catch (RefusedClaim refused) {
            return Result.refused(claim.get().service(), refused);
        } catch (SQLException e) {
            close();
            return Carrier.failed(claim.get(), e);
        }
    }

    /** The containers of {@code container}'s identity beside it that ask for a database. */
    private List<IdentityRule.Sibling> siblings(
            Container container,
            Collection<Container> candidates,
            Optional<Container> postgres,
            Collection<Container> others) {
        return candidates.stream()
                .filter(other -> IdentityRule.counts(container, other))
                .flatMap(other -> {
                    try {
                        return claim(other, postgres, others)
                                .map(its -> new IdentityRule.Sibling(other, Optional.of(its)))
                                .stream();
                    } catch (RefusedClaim refused) {
                        return Stream.of(new IdentityRule.Sibling(other, Optional.empty()));
                    }
                })
                .toList();
    }

    /**
     * Checks every service that is enrolled or asked for, gives it what it asks for, and repairs drift.
     *
     * @param containers whose claims count; of several of one service that ask the same, the one made last
     * @throws SQLException when PostgreSQL cannot be asked
     */
    public Reconciliation reconcile(Collection<Container> containers, Optional<Container> postgres)
            throws SQLException {
        return reconcile(containers, postgres, false).done();
    }

    /** What {@link #reconcile} would do now, changing nothing. */
    public Plan plan(Collection<Container> containers, Optional<Container> postgres) throws SQLException {
        return reconcile(containers, postgres, true).planned();
    }

    private Reconcile reconcile(Collection<Container> containers, Optional<Container> postgres, boolean dry)
            throws SQLException {
        Reconcile work = new Reconcile(carrier, server.address(), dry);
        Map<String, List<Container>> byIdentity = containers.stream()
                .collect(Collectors.groupingBy(Container::identity, TreeMap::new, Collectors.toList()));
        byIdentity
                .values()
                .forEach(same -> same.stream()
                        .sorted(Comparator.comparing(Container::createdAt).reversed())
                        .forEach(container -> ask(container, same, postgres, containers, work)));
        turns.lock();
        // Another piece of work that comes in between may close the connection that is kept.
        try (Management management = new Management(server, LOCK_TIMEOUT);
                Management.Turn turn = management.turn()) {
            work.run(turn, () -> passOn(turn));
        } finally {
            turns.unlock();
        }
        return work;
    }

    private void passOn(Management.Turn turn) throws SQLException {
        turn.release();
        turns.unlock();
        turns.lock();
        turn.take();
    }

    /** @param same the containers of its identity */
    private void ask(
            Container container,
            List<Container> same,
            Optional<Container> postgres,
            Collection<Container> containers,
            Reconcile work) {
        try {
            Optional<Claim> claim = claim(container, postgres, containers);
            claim.ifPresent(
                    asked -> work.add(new Reconcile.Asking(asked, siblings(container, same, postgres, containers))));
            if (claim.isEmpty() && new Labels(container).isSwitchedOff()) {
                work.leaveAlone(container.identity());
            }
        } catch (RefusedClaim refused) {
            work.refuse(container, Result.refused(container.name(), refused));
        }
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

    private Management management() throws SQLException {
        Management open = kept;
        if (open != null && !open.isThere()) {
            close();
            open = null;
        }
        if (open == null) {
            open = new Management(server, LOCK_TIMEOUT);
            kept = open;
        }
        return open;
    }

    /** Gives the connection back; the next piece of work takes another. */
    @Override
    public void close() {
        turns.lock();
        try {
            Management open = kept;
            kept = null;
            if (open != null) {
                open.close();
            }
        } finally {
            turns.unlock();
        }
    }
}
