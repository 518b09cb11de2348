package org.pgsteward.provision;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.pgsteward.model.Container;
import org.pgsteward.model.Enrolment;
import org.pgsteward.model.Outcome;
import org.pgsteward.postgres.Server;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives a container the database that it asks for.
 *
 * <ol>
 *   <li>Read the claim; none is an ordinary answer.
 *   <li>Take the advisory lock (it belongs to the management database, where everybody takes it), so that a command and
 *       the daemon never plan over one another.
 *   <li>Look at what exists, plan, and carry out each step by itself: {@code CREATE DATABASE} allows no transaction, and
 *       a run that was killed between two steps finds the rest still to do.
 * </ol>
 */
public final class Provisioner {
    private static final Logger LOG = LoggerFactory.getLogger(Provisioner.class);

    /** Any number that is the same in every pgsteward; these are the letters of "pgstewrd". */
    private static final long LOCK = 0x7067_7374_6577_7264L;

    private final Discovery discovery;
    private final Server server;
    private final ClusterCatalog catalog;
    private final Clock clock;

    public Provisioner(Discovery discovery, Server server, Clock clock) {
        this.discovery = discovery;
        this.server = server;
        this.catalog = new ClusterCatalog(server);
        this.clock = clock;
    }

    /**
     * What came of it.
     *
     * @param service whose it is; the container's name where it asks for nothing that could be read
     * @param claimed whether the container asks for a database at all
     * @param refused whether it asks for what it cannot have
     * @param enrolment the service, when it has its database now
     */
    public record Result(
            Outcome outcome, String service, boolean claimed, boolean refused, Optional<Enrolment> enrolment) {
        /** Whether the same may succeed without anybody changing anything. */
        public boolean worthRetrying() {
            return outcome instanceof Outcome.Failed && !refused;
        }
    }

    /** The service that {@code container} asks a database for, as far as it alone can tell; PostgreSQL is not asked. */
    public Optional<String> service(Container container, Optional<Container> postgres) {
        try {
            return discovery.claim(container, postgres).map(Claim::service);
        } catch (RefusedClaim refused) {
            return Optional.empty();
        }
    }

    /** Looks at {@code container} and makes true what it asks for. */
    public Result provision(Container container, Optional<Container> postgres) {
        Optional<Claim> claim;
        try {
            claim = discovery.claim(container, postgres);
        } catch (RefusedClaim refused) {
            return new Result(new Outcome.Failed(refused.reason()), container.name(), false, true, Optional.empty());
        }
        if (claim.isEmpty()) {
            return new Result(
                    new Outcome.Skipped("asks for no database"), container.name(), false, false, Optional.empty());
        }
        String service = claim.get().service();
        try {
            return provision(claim.get());
        } catch (RefusedClaim refused) {
            return new Result(new Outcome.Failed(refused.reason()), service, false, true, Optional.empty());
        } catch (SQLException e) {
            return new Result(
                    new Outcome.Failed("database of service '" + service + "' could not be made: " + e.getMessage()
                            + "; tried again within a minute"),
                    service,
                    true,
                    false,
                    Optional.empty());
        }
    }

    private Result provision(Claim claim) throws SQLException {
        try (Connection management = server.connect(server.address().database())) {
            LOG.debug("{}: connected", claim.service());
            lock(management);
            ProvisionPlan plan = ProvisionPlan.of(claim, catalog.look(management, claim), server.address());
            carryOut(plan, management);
            return new Result(outcome(plan), claim.service(), true, false, Optional.of(enrolment(claim)));
        }
    }

    /** Held by the session: gone with the connection, however we end. */
    private static void lock(Connection management) throws SQLException {
        try (PreparedStatement statement = management.prepareStatement("SELECT pg_catalog.pg_advisory_lock(?)")) {
            statement.setLong(1, LOCK);
            statement.execute();
        }
    }

    private void carryOut(ProvisionPlan plan, Connection management) throws SQLException {
        for (Step step : plan.steps()) {
            LOG.debug("{}: {}", plan.claim().service(), step.reason());
            if (step.in() == Step.Where.MANAGEMENT_DATABASE) {
                execute(management, step.sql());
            } else {
                try (Connection inside = server.connect(plan.claim().database())) {
                    execute(inside, step.sql());
                }
            }
        }
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static Outcome outcome(ProvisionPlan plan) {
        Claim claim = plan.claim();
        String what = "database " + claim.database() + " of role " + claim.user();
        if (plan.steps().isEmpty()) {
            return new Outcome.Skipped(what + " is as it should be");
        }
        List<String> reasons = plan.steps().stream().map(Step::reason).toList();
        return new Outcome.Done(
                what + " (" + claim.because() + "): " + reasons.stream().collect(Collectors.joining("; ")));
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
}
