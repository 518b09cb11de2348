package org.pgsteward.containers;

import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.pgsteward.alert.Alert;
import org.pgsteward.engine.DockerEngine;
import org.pgsteward.engine.Listing;
import org.pgsteward.engine.OversizedContainer;
import org.pgsteward.model.Activity;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Container;
import org.pgsteward.model.ContainerEvent;
import org.pgsteward.model.ContainerSnapshot;
import org.pgsteward.model.Enrolment;
import org.pgsteward.model.PostgresServer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the state of the host's containers. The engine's list is authoritative; an event only causes one container to be
 * read again.
 */
public final class Containers {
    private static final Logger LOG = LoggerFactory.getLogger(Containers.class);

    private final DockerEngine engine;
    private final String postgresHost;
    private final StatusWatch status;
    private final KnownContainers known;
    private final EventRecall recall;
    private volatile List<OversizedContainer> oversized = List.of();
    private volatile boolean listed;

    /**
     * @param postgresName the name of the managed PostgreSQL's container, if it is configured
     * @param postgresHost the host name by which the container is found otherwise
     * @param remembered returns the events that the engine remembers from before this process started, oldest first; asked
     *     again until the engine answers
     */
    public Containers(
            DockerEngine engine,
            Optional<String> postgresName,
            String postgresHost,
            StatusWatch status,
            Supplier<List<ContainerEvent>> remembered) {
        this.engine = engine;
        this.postgresHost = postgresHost;
        this.status = status;
        this.known = new KnownContainers(postgresName, postgresHost);
        this.recall = new EventRecall(remembered, status::note);
    }

    /** Reads the container of an event. Returns nothing if neither the engine nor pgsteward knows it. */
    public Optional<ContainerSnapshot> nudge(ContainerEvent event) {
        recall.run(listed);
        status.note(event);
        LOG.debug("{}: {} at {}", event.name(), event.action(), event.at());
        Optional<Container> now = engine.container(event.containerId());
        if (now.isPresent()) {
            return now.map(this::seen);
        }
        return known.remove(event.containerId()).map(this::gone);
    }

    /** Reads all containers. Returns them, and the containers that were removed since the previous list. */
    public List<ContainerSnapshot> list() {
        recall.run(listed);
        Map<String, Container> now = new LinkedHashMap<>();
        Listing listing = engine.list();
        listing.containers().forEach(container -> now.put(container.id(), container));
        oversized = listing.oversized();
        Set<String> unread = oversized.stream().map(OversizedContainer::id).collect(Collectors.toUnmodifiableSet());
        List<ContainerSnapshot> snapshots = new ArrayList<>();
        for (Container before : known.all()) {
            // A container that was created while the list was read is known by its event and not in the list.
            if (!now.containsKey(before.id())
                    && !unread.contains(before.id())
                    && engine.container(before.id()).isEmpty()
                    && known.remove(before.id()).isPresent()) {
                snapshots.add(gone(before));
            }
        }
        status.waiting().stream()
                .filter(container -> !now.containsKey(container.id()) && !unread.contains(container.id()))
                .filter(container -> snapshots.stream()
                        .noneMatch(snapshot -> snapshot.container().id().equals(container.id())))
                .map(this::gone)
                .forEach(snapshots::add);
        known.putAll(now.values());
        listed = true;
        // The server first: the claims of the others depend on the networks that they share with it.
        now.values().stream().filter(known::isPostgres).map(this::seen).forEach(snapshots::add);
        now.values().stream()
                .filter(container -> !known.isPostgres(container))
                .map(this::seen)
                .forEach(snapshots::add);
        return snapshots;
    }

    /** Returns every container of the last list, with the events since. */
    public List<Container> all() {
        return known.all();
    }

    /** Returns the containers of the last list that are too large to be read. */
    public List<OversizedContainer> oversized() {
        return oversized;
    }

    /** Returns a number that is higher after each change of {@link #all}. */
    public long version() {
        return known.version();
    }

    /** Returns {@link #all} without the managed PostgreSQL's own containers. */
    public List<Container> others() {
        return all().stream().filter(container -> !known.isPostgres(container)).toList();
    }

    /** Returns whether {@link #all} is complete: the engine has answered with its list. */
    public boolean isComplete() {
        return listed;
    }

    /** Returns the managed PostgreSQL's container, if it is on this host. */
    public Optional<Container> postgres() {
        return known.postgres();
    }

    /** Checks whether a second container answers to PostgreSQL's name; empty while PostgreSQL's own is not known. */
    public List<Condition> serverName() {
        Instant now = status.now();
        List<Container> there = all();
        return postgres().map(server -> ServerNameRule.judge(postgresHost, server, known.own(), there, now)).stream()
                .toList();
    }

    /** Returns when an operator last ordered a container to end, else when the container was created. */
    public Optional<Instant> lastOrder(Container container) {
        return status.lastOrder(container.id()).or(() -> Optional.of(container.createdAt()));
    }

    /** Records that a service got its database now; a container that found none may have given up already. */
    public void databaseMade(String service) {
        status.databaseMade(service);
    }

    /** Assigns a container to a service. */
    public void belongs(Container container, String service) {
        known.assign(container, service);
    }

    /** Assigns the services of a container's further databases. They have its labels and its state, and no alerts of their own. */
    public void belongsAlso(Container container, Set<String> companions) {
        known.assignCompanions(container, companions);
    }

    /** Assigns a container to no service. Its labels do not count. */
    public void belongsToNobody(Container container) {
        known.unassign(container);
    }

    /** Returns the service of a container, or the container's name if it is PostgreSQL's own. */
    public Optional<String> service(Container container) {
        return known.service(container);
    }

    /** Returns whether a service has a container at this moment, running or not. */
    public boolean has(String service) {
        return known.of(service).findAny().isPresent();
    }

    /**
     * Returns conditions that resolve the alerts of containers and services that do not exist any more.
     *
     * @param enrolled services
     */
    public List<Condition> overAndGone(List<Alert> firing, Set<String> enrolled, Instant now) {
        Set<String> names = all().stream().map(Container::name).collect(Collectors.toSet());
        return LeftoverAlertRule.judge(
                firing,
                names,
                enrolled,
                service -> has(service)
                        || (service.equals(PostgresServer.SERVICE) && postgres().isPresent()),
                now);
    }

    /** Returns a label of a service's container; empty if the service has no container with it. */
    public Optional<String> label(String service, String key) {
        return known.of(service)
                .flatMap(container -> container.label(key).stream())
                .findFirst();
    }

    /** Returns the newest state of a container: events may have come since the list was read. */
    public ContainerSnapshot newest(ContainerSnapshot snapshot) {
        Optional<Container> now = known.get(snapshot.container().id());
        return snapshot.gone() || now.isEmpty() ? snapshot : snapshot(now.get(), false);
    }

    /** Judges the state of a container's service; empty for a container of no service. */
    public List<Condition> status(ContainerSnapshot seen) {
        ContainerSnapshot snapshot = newest(seen);
        Container container = snapshot.container();
        Optional<String> service = service(container);
        if (service.isEmpty() || container.isOneOff()) {
            return List.of();
        }
        List<Container> there = all();
        List<Container> others = there.stream()
                .filter(other -> !other.id().equals(container.id()) && !other.isOneOff())
                .filter(other -> service(other).equals(service))
                .toList();
        return snapshot.gone()
                ? status.gone(service.get(), snapshot.postgres(), container, there, others)
                : status.look(service.get(), snapshot.postgres(), container, others);
    }

    /** Returns the row of an event for {@code user_activity}; empty for containers of no service and for minor events. */
    public Optional<Activity> activity(ContainerEvent event) {
        return known.service(event.containerId()).flatMap(service -> ContainerActivity.of(event, service));
    }

    /** Returns the running containers that have a service, with it. */
    Map<Container, String> running() {
        return known.running();
    }

    /**
     * Returns the service of each container, by the container's name; empty text for a container of none.
     *
     * @param enrolments of all services
     */
    public Map<String, String> owners(List<Enrolment> enrolments) {
        return known.owners(enrolments);
    }

    /** Returns the state of each service that has a container. */
    public Map<String, ServiceState> states() {
        Map<String, ServiceState> states = new TreeMap<>();
        known.byService()
                .forEach((service, containers) -> states.put(
                        service, status.state(service, containers.stream().anyMatch(known::isPostgres), containers)));
        return states;
    }

    private ContainerSnapshot seen(Container container) {
        known.put(container);
        return snapshot(container, false);
    }

    private ContainerSnapshot gone(Container container) {
        return snapshot(container, true);
    }

    private ContainerSnapshot snapshot(Container container, boolean gone) {
        return new ContainerSnapshot(container, gone, known.isPostgres(container));
    }
}
