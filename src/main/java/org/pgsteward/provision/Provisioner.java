package org.pgsteward.provision;

import java.sql.SQLException;
import java.time.Clock;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.pgsteward.model.Container;
import org.pgsteward.model.Outcome;
import org.pgsteward.postgres.Server;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Grants the claims of containers and repairs drift.
 *
 * <ol>
 *   <li>Read the claim. Most containers have none.
 *   <li>Take the advisory lock in the management database, so that a command and the daemon never plan at the same time.
 *   <li>Read the present state, plan the steps, and carry out each step by itself: {@code CREATE DATABASE} allows no transaction. A
 *       run that is killed between two steps leaves the others to the next run.
 * </ol>
 *
 * <p>Within a process the work is done in order of arrival. A reconcile lets other work go first before the contents of each
 * database. Safe for many threads.
 */
public final class Provisioner implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Provisioner.class);

    private final ClaimReader claims;
    private final Server server;
    private final StepRunner carrier;
    private final ManagementQueue queue;

    /**
     * Creates a provisioner.
     *
     * @param allowedExtensions that the label {@code pgsteward.extensions} may name
     * @param recorded whether the first reconcile skips the contents of databases that an earlier process checked in their
     *     present state; false for a command, with which an operator checks everything
     */
    public Provisioner(
            Discovery discovery, Server server, Set<String> allowedExtensions, boolean recorded, Clock clock) {
        this(discovery, server, allowedExtensions, recorded, clock, step -> LOG.debug("{}", step));
    }

    /** @param progress gets the reason of each step after it was done */
    public Provisioner(
            Discovery discovery,
            Server server,
            Set<String> allowedExtensions,
            boolean recorded,
            Clock clock,
            Consumer<String> progress) {
        this.claims = new ClaimReader(discovery, allowedExtensions);
        this.server = server;
        this.carrier = new StepRunner(server, recorded, clock, progress);
        this.queue = new ManagementQueue(server);
    }

    /**
     * How a refused claim is handled.
     *
     * @param remedy lines to paste; empty if the usual ones apply
     * @param passing whether an update of the container looks the same for a moment, so that an alert can wait
     */
    public record Refusal(String remedy, boolean passing) {}

    /**
     * The result of a reconcile.
     *
     * @param byContainer the result of each claim, by container id
     * @param repaired drift that was repaired, by service
     * @param closed privileges of PUBLIC that were revoked, by database; PostgreSQL grants them with each new database
     * @param troubles drift that could not be repaired, by service or database
     * @param excesses settings and objects of services and roles that exceed a limit of pgsteward
     */
    public record Reconciliation(
            Map<String, ClaimResult> byContainer,
            Map<String, List<String>> repaired,
            Map<String, List<String>> closed,
            Map<String, String> troubles,
            List<Excess> excesses) {
        public Reconciliation {
            excesses = List.copyOf(excesses);
        }
    }

    /**
     * The steps that a reconcile would do.
     *
     * @param wishes the claims by service, each with the objects that exist already
     * @param refused claims
     * @param closings the steps that revoke a privilege from PUBLIC; they are among {@code steps} too
     */
    public record Plan(List<Line> wishes, List<Refused> refused, List<Line> steps, List<Line> closings) {
        public static final Plan NONE = new Plan(List.of(), List.of(), List.of(), List.of());

        /** A line about a subject. */
        public sealed interface About permits Line, Refused {
            /** Returns a service, a container or a database. */
            String subject();

            String text();
        }

        public record Line(String subject, String text) implements About {}

        /**
         * @param subject the service, or the container's name if the service is unknown
         * @param container its name for a command line
         * @param remedy lines to paste; empty if the text contains the next step
         */
        public record Refused(String subject, String text, String container, String remedy) implements About {}
    }

    /** Returns the service of a container's claim, without asking PostgreSQL; empty if the claim is refused. */
    public Optional<String> service(Container container, Optional<Container> postgres, Collection<Container> others) {
        return claims.service(container, postgres, others);
    }

    /** Forgets a container that was removed. */
    public void forget(Container container) {
        carrier.forget(container);
    }

    /** Grants the claim of {@code container}. */
    public ClaimResult provision(Container container, Optional<Container> postgres, Collection<Container> others) {
        return provision(container, postgres, others, false);
    }

    /**
     * Grants the claim of {@code container}.
     *
     * @param others all containers of the host
     * @param trusted whether an operator vouches for the claim; then it may have roles and databases without evidence that
     *     they are the container's
     */
    public ClaimResult provision(
            Container container, Optional<Container> postgres, Collection<Container> others, boolean trusted) {
        queue.enter();
        try {
            return provisionInTurn(container, postgres, others, trusted);
        } finally {
            queue.leave();
        }
    }

    private ClaimResult provisionInTurn(
            Container container, Optional<Container> postgres, Collection<Container> others, boolean trusted) {
        List<ContainerClaim> all;
        try {
            all = claims.one(container, postgres, others);
        } catch (RefusedClaim refused) {
            return ClaimResult.refused(container.name(), refused);
        }
        if (all.isEmpty()) {
            return ClaimResult.skipped("requests no database", container.name(), false);
        }
        ClaimResult first = grant(all.get(0), others, trusted);
        // The role exists from here on, with the container's password.
        return first.outcome() instanceof Outcome.Failed
                ? first
                : first.with(all.stream()
                        .skip(1)
                        .map(further -> grant(further.with(first.service()), others, trusted))
                        .toList());
    }

    private ClaimResult grant(ContainerClaim claim, Collection<Container> others, boolean trusted) {
        carrier.expect(claim.claim());
        try (ManagementConnection.Turn turn = queue.kept().turn()) {
            Cluster cluster =
                    turn.reading().around(claim.all(), server.address().database());
            Set<String> identities = others.stream().map(Container::identity).collect(Collectors.toSet());
            ContainerClaim owned = claim.owned(cluster, trusted, identities);
            if (!trusted) {
                carrier.checkIdentity(owned, cluster);
                Optional<Container> speaker = IdentityRule.speaker(owned.claim(), owned.siblings());
                if (speaker.isPresent()) {
                    return StepRunner.spokenFor(owned.claim(), speaker.get());
                }
            }
            return carrier.carryOut(carrier.plan(owned.claim(), cluster, trusted), cluster, turn.connection());
        } catch (RefusedClaim refused) {
            return ClaimResult.refused(claim.claim().service(), refused);
        } catch (SQLException e) {
            close();
            return StepRunner.failed(claim.claim(), e);
        }
    }

    /**
     * Grants all claims, and repairs drift of all enrolled services.
     *
     * @param containers with the claims; of several equal claims of one identity the container that was created last counts
     * @throws SQLException if PostgreSQL cannot be asked
     */
    public Reconciliation reconcile(Collection<Container> containers, Optional<Container> postgres)
            throws SQLException {
        return reconcile(containers, postgres, false).done();
    }

    /** Returns the steps that {@link #reconcile} would do now, and changes nothing. */
    public Plan plan(Collection<Container> containers, Optional<Container> postgres) throws SQLException {
        return reconcile(containers, postgres, true).plan();
    }

    private ReconcileReport reconcile(Collection<Container> containers, Optional<Container> postgres, boolean dry)
            throws SQLException {
        Reconcile work = new Reconcile(carrier, server.address(), claims.all(containers, postgres), dry);
        queue.enter();
        // A connection of its own: other work that goes first may close the kept one.
        try (ManagementConnection management = queue.own();
                ManagementConnection.Turn turn = management.turn()) {
            return work.run(turn, () -> queue.passOn(turn));
        } finally {
            queue.leave();
        }
    }

    /**
     * Prepares for the next service. Free of cost until a database was made.
     *
     * @param spares the number of empty databases to keep
     */
    void prepare(int spares) throws SQLException {
        if (carrier.isPrepared()) {
            return;
        }
        queue.enter();
        try (ManagementConnection.Turn turn = queue.kept().turn()) {
            carrier.prepare(turn, spares);
        } finally {
            queue.leave();
        }
    }

    /** Closes the connection; the next work opens another. */
    @Override
    public void close() {
        queue.close();
    }
}
