package org.pgsteward.provision;

import java.sql.SQLException;
import java.time.Clock;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;
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
 * <p>One piece of work at a time, over one connection that is kept: to log in takes as long as all the rest but {@code
 * CREATE DATABASE}.
 */
public final class Provisioner implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Provisioner.class);

    private final Discovery discovery;
    private final Server server;
    private final Set<String> allowedExtensions;
    private final Carrier carrier;

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
     * @param others all containers that there are
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
        Set<String> identities = others.stream().map(Container::identity).collect(Collectors.toSet());
        try (Management.Turn turn = management().turn()) {
            Cluster cluster =
                    turn.reading().around(claim.get(), server.address().database());
            Claim owned = ServicePlan.owned(claim.get(), cluster, trusted, identities);
            return carrier.carryOut(carrier.plan(owned, cluster, trusted), cluster, turn.connection());
        } catch (RefusedClaim refused) {
            return Result.refused(claim.get().service(), refused.reason());
        } catch (SQLException e) {
            close();
            return Carrier.failed(claim.get(), e);
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
        Reconcile work = new Reconcile(carrier, server.address(), dry);
        for (Container container : newest(containers)) {
            try {
                Optional<Claim> claim = claim(container, postgres, containers);
                claim.ifPresent(work::add);
                if (claim.isEmpty() && Discovery.isSwitchedOff(container)) {
                    work.leaveAlone(container.identity());
                }
            } catch (RefusedClaim refused) {
                work.refuse(container, Result.refused(container.name(), refused.reason()));
            }
        }
        try (Management.Turn turn = management().turn()) {
            work.run(turn);
        } catch (SQLException e) {
            close();
            throw e;
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
                        TreeMap::new))
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

    private Management management() throws SQLException {
        Management open = kept;
        if (open != null && !open.isThere()) {
            close();
            open = null;
        }
        if (open == null) {
            open = new Management(server.connect(server.address().database()));
            kept = open;
        }
        return open;
    }

    /** Gives the connection back; the next piece of work takes another. */
    @Override
    public synchronized void close() {
        Management open = kept;
        kept = null;
        if (open != null) {
            open.close();
        }
    }
}
