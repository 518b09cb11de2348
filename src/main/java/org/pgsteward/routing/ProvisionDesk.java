package org.pgsteward.routing;

import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.pgsteward.model.Activity;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Outcome;
import org.pgsteward.model.Severity;
import org.pgsteward.model.Sighting;
import org.pgsteward.provision.Provisioner;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Gives containers their databases, remembers which could not be given one yet, and says what came of it. */
public final class ProvisionDesk {
    private static final Logger LOG = LoggerFactory.getLogger(ProvisionDesk.class);

    /**
     * What a container asks for cannot change while it lives; the file that its label names can, and so can what is in
     * PostgreSQL. More often would cost a server with 256 MB two connections a service at each look.
     */
    private static final Duration LOOK_AGAIN = Duration.ofMinutes(5);

    private final Provisioner provisioner;
    private final ContainerDesk containers;
    private final Housekeeping house;
    private final Clock clock;
    private final Map<String, Sighting> waiting = new ConcurrentHashMap<>();
    private final Map<String, Instant> satisfied = new ConcurrentHashMap<>();
    private final Map<String, String> said = new ConcurrentHashMap<>();

    public ProvisionDesk(Provisioner provisioner, ContainerDesk containers, Housekeeping house, Clock clock) {
        this.provisioner = provisioner;
        this.containers = containers;
        this.house = house;
        this.clock = clock;
    }

    /** Makes true what the container asks for; nothing when it asks for nothing or is gone. */
    public Provisioner.@Nullable Result provision(Sighting sighting) {
        String id = sighting.container().id();
        waiting.remove(id);
        if (sighting.gone()) {
            satisfied.remove(id);
            said.remove(id);
            return null;
        }
        Instant last = satisfied.get(id);
        if (sighting.postgres() || (last != null && last.plus(LOOK_AGAIN).isAfter(clock.instant()))) {
            return null;
        }
        // Whose it is, is known before PostgreSQL answers: what happens to it meanwhile is written down as that
        // service's.
        provisioner
                .service(sighting.container(), containers.postgres())
                .ifPresent(service -> containers.belongs(sighting.container(), service));
        try {
            house.order();
        } catch (SQLException e) {
            say(id, "'" + sighting.container().name() + "' waits for PostgreSQL: " + e.getMessage());
            waiting.put(id, sighting);
            return null;
        }
        Provisioner.Result result = provisioner.provision(sighting.container(), containers.postgres());
        if (result.outcome() instanceof Outcome.Failed failed) {
            boolean news = say(id, failed.reason());
            if (result.worthRetrying()) {
                waiting.put(id, sighting);
            }
            return news ? result : null;
        }
        said.remove(id);
        if (result.outcome() instanceof Outcome.Done done) {
            LOG.info("{}: {}", result.service(), done.reason());
        }
        if (!result.claimed()) {
            return null;
        }
        satisfied.put(id, clock.instant());
        return result;
    }

    /** Once; it is looked at again every few seconds, and the same answer is no news. */
    private boolean say(String id, String reason) {
        boolean news = !reason.equals(said.put(id, reason));
        if (news) {
            LOG.warn("{}", reason);
        }
        return news;
    }

    /** Those that could not be given their database for want of the server. */
    public List<Sighting> waiting() {
        return List.copyOf(waiting.values());
    }

    /** What is to be written down. */
    public List<Object> rows(Provisioner.Result result) {
        List<Object> rows = new ArrayList<>();
        result.enrolment().ifPresent(rows::add);
        if (result.outcome() instanceof Outcome.Done) {
            rows.add(Activity.ours(result.service(), "provisioned", clock.instant()));
        }
        if (result.refused()) {
            rows.add(Activity.ours(result.service(), "enrolment refused", clock.instant()));
        }
        return rows;
    }

    /** Refused or failed is told, and so is its end. A server that is away is told by whoever watches the server. */
    public @Nullable Condition condition(Provisioner.Result result) {
        if (result.outcome() instanceof Outcome.Failed failed) {
            return result.worthRetrying()
                    ? null
                    : Condition.bad(
                            Severity.WARNING,
                            "enrolment-refused",
                            result.service(),
                            failed.reason(),
                            "docker inspect " + result.service(),
                            clock.instant());
        }
        return Condition.well(
                "enrolment-refused", result.service(), result.outcome().reason(), clock.instant());
    }
}
