package org.pgsteward.provision;

import java.util.Optional;
import org.pgsteward.alert.Reporter;
import org.pgsteward.containers.Containers;
import org.pgsteward.io.Attempts;
import org.pgsteward.model.ContainerEvent;
import org.pgsteward.model.ContainerSnapshot;

/**
 * The daemon's work on containers: it gives each service its database, records events, and raises alerts. A Docker
 * event only names the container to check; the state comes from the engine's list.
 *
 * <p>Each method does all that it can and then throws the first failure. Safe for many threads.
 */
public final class ContainerWatch {
    private final Containers containers;
    private final DaemonProvisioning provisioning;
    private final Reporter reporter;

    public ContainerWatch(Containers containers, DaemonProvisioning provisioning, Reporter reporter) {
        this.containers = containers;
        this.provisioning = provisioning;
        this.reporter = reporter;
    }

    /** Checks the container of the event, and records the event. */
    public void hear(ContainerEvent event) throws Exception {
        Attempts.all(
                () -> {
                    Optional<ContainerSnapshot> snapshot = containers.nudge(event);
                    if (snapshot.isPresent()) {
                        Attempts.all(() -> look(snapshot.get()), this::checkServerName);
                    }
                },
                () -> containers.activity(event).ifPresent(reporter::record));
    }

    /**
     * Checks every container, and every container that was removed since the last list. After the first list comes the
     * first reconcile, which closes every database to PUBLIC. Last comes the preparation for the next container, here because
     * no event waits for it. Lists are read one after another.
     */
    public synchronized void list() throws Exception {
        Iterable<ContainerSnapshot> snapshots = containers.list();
        Attempts.all(
                () -> Attempts.each(snapshots, this::look),
                this::checkServerName,
                () -> provisioning.reconcileFirst().sendTo(reporter),
                provisioning::prepare);
    }

    /** Checks the containers again that got no database because PostgreSQL was unavailable. */
    public void retry() throws Exception {
        Attempts.each(provisioning.waiting(), this::look);
    }

    /** Checks all services and databases, and repairs drift. */
    public void reconcile() {
        provisioning.reconcile().sendTo(reporter);
    }

    private void look(ContainerSnapshot snapshot) throws Exception {
        Attempts.all(
                () -> provisioning.provision(snapshot).sendTo(reporter),
                () -> containers.status(snapshot).forEach(reporter::raise));
    }

    /** Raises an alert when a second container answers to PostgreSQL's name. */
    private void checkServerName() {
        containers.serverName().forEach(reporter::raise);
    }
}
