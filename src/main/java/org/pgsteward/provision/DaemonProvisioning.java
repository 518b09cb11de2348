package org.pgsteward.provision;

import java.sql.SQLException;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.pgsteward.containers.ContainerAlertKinds;
import org.pgsteward.containers.Containers;
import org.pgsteward.journal.Readiness;
import org.pgsteward.model.Container;
import org.pgsteward.model.ContainerSnapshot;

/**
 * Provisions containers as soon as the routes see them, and reconciles when the routes ask for it. Remembers the
 * containers that wait for PostgreSQL.
 */
public final class DaemonProvisioning {
    private final ServiceProvisioning services;
    private final Preparation preparation;
    private final Containers containers;
    private final Readiness readiness;
    private final ConnectionAdvice advice;
    private final Clock clock;
    private final Map<String, ContainerSnapshot> waiting = new ConcurrentHashMap<>();

    /** @param webNetwork the network that every service has to be on besides PostgreSQL's, if there is one */
    public DaemonProvisioning(
            ServiceProvisioning services,
            Preparation preparation,
            Discovery discovery,
            Containers containers,
            Readiness readiness,
            Optional<String> webNetwork,
            Clock clock) {
        this.services = services;
        this.preparation = preparation;
        this.containers = containers;
        this.readiness = readiness;
        this.advice = new ConnectionAdvice(discovery, containers, webNetwork, clock);
        this.clock = clock;
    }

    /** Gives the container the role and the database that it asks for. */
    public ProvisionReport provision(ContainerSnapshot seen) {
        ContainerSnapshot snapshot = containers.newest(seen);
        Container container = snapshot.container();
        waiting.remove(container.id());
        if (!snapshot.gone() && snapshot.postgres()) {
            return ProvisionReport.NOTHING;
        }
        ProvisionFindings findings = new ProvisionFindings(clock);
        if (snapshot.gone()) {
            forget(container, findings);
        } else {
            findings.add(advice.judge(container));
            if (!services.isSatisfied(container)) {
                // The service is known before PostgreSQL answers, so events of the container are recorded under it
                // meanwhile. A container that contradicts another one of its identity belongs to no service.
                if (!services.isContradicting(container)) {
                    services.service(container).ifPresent(service -> containers.belongs(container, service));
                }
                provision(snapshot, findings);
            }
        }
        return findings.report();
    }

    private void forget(Container container, ProvisionFindings findings) {
        services.forget(container);
        String name = container.name();
        boolean nameIsTaken =
                containers.all().stream().anyMatch(other -> other.name().equals(name));
        findings.add(advice.gone(container, nameIsTaken));
        if (!nameIsTaken) {
            findings.well(ContainerAlertKinds.REFUSED, name, "the container was removed");
        }
        // Compose removes the old container before it starts the new one, which may have the service from now on.
        containers.all().stream()
                .filter(other -> other.identity().equals(container.identity()) && services.isContradicting(other))
                .forEach(other -> provision(new ContainerSnapshot(other, false, false), findings));
    }

    private void provision(ContainerSnapshot snapshot, ProvisionFindings findings) {
        Container container = snapshot.container();
        if (!isHouseInOrder(container.name()) || services.provision(container, false, findings)) {
            waiting.put(container.id(), snapshot);
        }
    }

    private boolean isHouseInOrder(String who) {
        try {
            readiness.order();
            return true;
        } catch (SQLException e) {
            services.say(who, "'" + who + "' waits for PostgreSQL: " + e.getMessage());
            return false;
        }
    }

    /**
     * Runs the first {@link #reconcile} as soon as possible, since until then every role may connect to every database.
     * Does no more once it has succeeded.
     */
    public ProvisionReport reconcileFirst() {
        return services.hasReconciled() ? ProvisionReport.NOTHING : reconcile();
    }

    /**
     * Checks all services and databases, and repairs drift. Skips the check while the containers are unknown or
     * PostgreSQL is unavailable.
     */
    public ProvisionReport reconcile() {
        if (!containers.isComplete() || !isHouseInOrder("the periodic reconcile")) {
            return ProvisionReport.NOTHING;
        }
        try {
            return services.reconcile();
        } catch (SQLException e) {
            services.say("reconcile", "the periodic reconcile waits for PostgreSQL: " + e.getMessage());
            return ProvisionReport.NOTHING;
        }
    }

    /** Prepares for the next container, once the databases are closed to other roles. */
    public void prepare() {
        if (services.hasReconciled()) {
            preparation.run(reason -> services.say("preparation", reason));
        }
    }

    /** Returns the containers that have no database yet, because PostgreSQL is unavailable. */
    public List<ContainerSnapshot> waiting() {
        return List.copyOf(waiting.values());
    }
}
