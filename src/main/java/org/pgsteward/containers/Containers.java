package org.pgsteward.containers;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.pgsteward.alert.Alert;
import org.pgsteward.engine.DockerEngine;
import org.pgsteward.engine.EngineAway;
import org.pgsteward.engine.Listing;
import org.pgsteward.engine.OversizedContainer;
import org.pgsteward.model.Activity;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Container;
import org.pgsteward.model.ContainerEvent;
import org.pgsteward.model.Enrolment;
import org.pgsteward.model.PostgresServer;
import org.pgsteward.model.Sighting;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is known of the host's containers: the list is the truth, events are nudges to look at one of them again.
 */
public final class Containers {
    /** What is worth a row; {@code kill} goes before each {@code stop}, and networks are joined at each start. */
    private static final Set<String> TOLD =
            Set.of("create", "start", "die", "oom", "stop", "pause", "unpause", "rename", "destroy");

    private static final Logger LOG = LoggerFactory.getLogger(Containers.class);

    private final DockerEngine engine;
    private final Optional<String> postgresName;
    private final String postgresHost;
    private final StatusWatch status;
    private final Map<String, Container> known = new ConcurrentHashMap<>();
    private final Map<String, String> services = new ConcurrentHashMap<>();
    private final Supplier<List<ContainerEvent>> remembered;
    private volatile List<OversizedContainer> oversized = List.of();
    private volatile boolean listed;
    private boolean recalled;

    /**
     * @param postgresName the container of the managed PostgreSQL, where it is set
     * @param postgresHost else the host name by which it is found
     * @param remembered what the engine remembers of before we were there, the oldest first; asked until it answers
     */
    public Containers(
            DockerEngine engine,
            Optional<String> postgresName,
            String postgresHost,
            StatusWatch status,
            Supplier<List<ContainerEvent>> remembered) {
        this.engine = engine;
        this.postgresName = postgresName;
        this.postgresHost = postgresHost;
        this.status = status;
        this.remembered = remembered;
    }

    /** The container that an event is about, looked at now. Nothing when neither we nor the engine know it. */
    public Optional<Sighting> nudge(ContainerEvent event) {
        recall();
        status.note(event);
        LOG.debug("{}: {} at {}", event.name(), event.action(), event.at());
        Optional<Container> now = engine.container(event.containerId());
        if (now.isPresent()) {
            return now.map(this::seen);
        }
        return Optional.ofNullable(known.remove(event.containerId())).map(this::gone);
    }

    /** Every container there is, and those that have gone since the last look. */
    public List<Sighting> list() {
        recall();
        Map<String, Container> now = new LinkedHashMap<>();
        Listing listing = engine.list();
        listing.containers().forEach(container -> now.put(container.id(), container));
        oversized = listing.oversized();
        Set<String> unread = oversized.stream().map(OversizedContainer::id).collect(Collectors.toUnmodifiableSet());
        List<Sighting> sightings = new ArrayList<>();
        for (Container before : List.copyOf(known.values())) {
            // One that was made while the list was read is known by its event and not in the list.
            if (!now.containsKey(before.id())
                    && !unread.contains(before.id())
                    && engine.container(before.id()).isEmpty()
                    && known.remove(before.id()) != null) {
                sightings.add(gone(before));
            }
        }
        status.waiting().stream()
                .filter(container -> !now.containsKey(container.id()) && !unread.contains(container.id()))
                .filter(container -> sightings.stream()
                        .noneMatch(sighting -> sighting.container().id().equals(container.id())))
                .map(this::gone)
                .forEach(sightings::add);
        // The server first: what the others ask for is judged by the networks that they share with it.
        known.putAll(now);
        listed = true;
        now.values().stream().filter(this::isPostgres).map(this::seen).forEach(sightings::add);
        now.values().stream()
                .filter(container -> !isPostgres(container))
                .map(this::seen)
                .forEach(sightings::add);
        return sightings;
    }

    /** Who was told to stop just before our own restart has not crashed. An engine that keeps no memory does without. */
    private synchronized void recall() {
        if (recalled) {
            return;
        }
        try {
            remembered.get().forEach(status::note);
            recalled = true;
        } catch (EngineAway away) {
            if (away.hasAnswered()) {
                forgo(away);
            }
        } catch (RuntimeException refused) {
            forgo(refused);
        }
    }

    /** One that is away may remember later; one that gave its list and no memory will not. */
    private void forgo(RuntimeException refused) {
        recalled = listed;
        LOG.info("what containers went through before this is not known: {}", refused.getMessage());
    }

    /** Every container that was there at the last look. */
    public List<Container> all() {
        return List.copyOf(known.values());
    }

    /** Those that the last list had and that are too large to be read. */
    public List<OversizedContainer> oversized() {
        return oversized;
    }

    /** The same as {@link #all} without the managed PostgreSQL's own. */
    public List<Container> others() {
        return all().stream().filter(container -> !isPostgres(container)).toList();
    }

    /** Whether {@link #all} is all: the engine has been asked for its list. */
    public boolean isComplete() {
        return listed;
    }

    /**
     * The managed PostgreSQL's container, when it is on this host. Another project may call a service of its own the same:
     * a container's own name goes first, and then who was there first.
     */
    public Optional<Container> postgres() {
        return known.values().stream()
                .filter(this::mayBePostgres)
                .min(Comparator.comparing(
                                (Container container) -> !container.name().equalsIgnoreCase(postgresHost))
                        .thenComparing(Container::createdAt)
                        .thenComparing(Container::id));
    }

    /** Whether a second container answers to PostgreSQL's name; nothing while the server's own is not known. */
    public List<Condition> serverName() {
        Instant now = status.now();
        List<Container> there = all();
        return postgres()
                .map(server -> ServerNameRule.judge(postgresHost, server, ownContainer(there), there, now))
                .stream()
                .toList();
    }

    /** Ours, where pgsteward runs in a container whose host name was not changed: Docker names the host by the id. */
    private static Optional<Container> ownContainer(List<Container> there) {
        String name = System.getenv().getOrDefault("HOSTNAME", "");
        return name.length() < 12
                ? Optional.empty()
                : there.stream()
                        .filter(container -> container.id().startsWith(name))
                        .findFirst();
    }

    /** When somebody last told a container to stop, or had it made anew; empty where nobody is known to have. */
    public Optional<Instant> lastOrder(Container container) {
        Optional<Instant> told = status.lastOrder(container.id());
        return told.isPresent() ? told : Optional.of(container.createdAt());
    }

    /** A service has got its database just now; a container that found none may have given up already. */
    public void databaseMade(String service) {
        status.databaseMade(service);
    }

    /** From now on this container is known to be that service's. */
    public void belongs(Container container, String service) {
        services.put(container.id(), service);
    }

    /** From now on this container counts as no service's, whatever its labels say. */
    public void belongsToNobody(Container container) {
        services.remove(container.id());
    }

    /** Whose a container is: a service that we look after, the server itself, or nobody's. */
    public Optional<String> service(Container container) {
        return isPostgres(container)
                ? Optional.of(container.name())
                : Optional.ofNullable(services.get(container.id()));
    }

    /** Whether a service has a container at this moment, running or not. */
    public boolean has(String service) {
        return known.values().stream()
                .anyMatch(
                        container -> service(container).filter(service::equals).isPresent());
    }

    /**
     * The end of what fires and that nobody looks at any more: its container went while we were not there, or its service
     * was removed.
     *
     * @param enrolled the services that are looked after
     */
    public List<Condition> overAndGone(List<Alert> firing, Set<String> enrolled, Instant now) {
        Set<String> names = all().stream().map(Container::name).collect(Collectors.toSet());
        List<Condition> over = new ArrayList<>();
        for (Alert alert : firing) {
            String subject = alert.service();
            boolean contained = has(subject)
                    || (subject.equals(PostgresServer.SERVICE) && postgres().isPresent());
            boolean gone = switch (alert.kind()) {
                case ContainerAlerts.REFUSED,
                        ContainerAlerts.NETWORK,
                        ContainerAlerts.UNREACHABLE,
                        ContainerAlerts.NOT_ENROLLED -> !names.contains(subject);
                case StatusRule.KIND, "service-idle" -> !contained && !enrolled.contains(subject);
                default -> StatusWatch.OF_CONTAINERS.contains(alert.kind()) && !contained;
            };
            if (gone) {
                over.add(Condition.well(alert.kind(), subject, "it is not there any more", now));
            }
        }
        return over;
    }

    /** A label of the container that a service has now; nothing while it has none. */
    public Optional<String> label(String service, String key) {
        return known.values().stream()
                .filter(container -> service(container).filter(service::equals).isPresent())
                .flatMap(container -> container.label(key).stream())
                .findFirst();
    }

    /** The same container as it was last seen: while a list is worked through, events bring news of what is in it. */
    public Sighting newest(Sighting sighting) {
        Container now = known.get(sighting.container().id());
        return sighting.gone() || now == null ? sighting : new Sighting(now, false, isPostgres(now));
    }

    /** Whether its container's state is trouble; nothing for containers that are not ours to watch. */
    public List<Condition> status(Sighting seen) {
        Sighting sighting = newest(seen);
        Container container = sighting.container();
        Optional<String> service = service(container);
        if (service.isEmpty() || container.isOneOff()) {
            return List.of();
        }
        List<Container> there = all();
        List<Container> others = there.stream()
                .filter(other -> !other.id().equals(container.id()) && !other.isOneOff())
                .filter(other -> service(other).equals(service))
                .toList();
        return sighting.gone()
                ? status.gone(service.get(), sighting.postgres(), container, there, others)
                : status.look(service.get(), sighting.postgres(), container, others);
    }

    /** For {@code user_activity}; nothing for containers that are not ours to watch, and for what says nothing. */
    public Optional<Activity> activity(ContainerEvent event) {
        if (!TOLD.contains(event.action())) {
            return Optional.empty();
        }
        String exit = event.attributes().get("exitCode");
        return Optional.ofNullable(services.get(event.containerId()))
                .or(() -> Optional.ofNullable(known.get(event.containerId())).flatMap(this::service))
                .map(service -> Activity.ours(
                        service,
                        "container " + event.action() + (exit == null ? "" : " (exit code " + exit + ")"),
                        event.at()));
    }

    /** The containers that run and are ours to watch, with their services. */
    Map<Container, String> running() {
        Map<Container, String> running = new LinkedHashMap<>();
        for (Container container : known.values()) {
            if (container.state() == Container.State.RUNNING) {
                service(container).ifPresent(service -> running.put(container, service));
            }
        }
        return running;
    }

    /**
     * Returns the service of each container, by the container's name; empty text for a container of none.
     *
     * @param enrolments of all services
     */
    public Map<String, String> owners(List<Enrolment> enrolments) {
        Map<String, String> services = new HashMap<>();
        enrolments.forEach(enrolment -> services.put(enrolment.identity(), enrolment.service()));
        Map<String, String> owners = new HashMap<>();
        for (Container container : all()) {
            owners.put(
                    container.name(),
                    service(container)
                            .or(() -> Optional.ofNullable(services.get(container.identity())))
                            .orElse(""));
        }
        return owners;
    }

    /** Returns the state of each service that has a container. */
    public Map<String, ServiceState> states() {
        Map<String, List<Container>> byService = new TreeMap<>();
        for (Container container : known.values()) {
            service(container)
                    .filter(service -> !container.isOneOff())
                    .ifPresent(service -> byService
                            .computeIfAbsent(service, first -> new ArrayList<>())
                            .add(container));
        }
        Map<String, ServiceState> states = new TreeMap<>();
        byService.forEach((service, containers) ->
                states.put(service, status.state(service, containers.stream().anyMatch(this::isPostgres), containers)));
        return states;
    }

    private Sighting seen(Container container) {
        known.put(container.id(), container);
        return new Sighting(container, false, isPostgres(container));
    }

    private Sighting gone(Container container) {
        return new Sighting(container, true, isPostgres(container));
    }

    private boolean isPostgres(Container container) {
        return mayBePostgres(container)
                && postgres()
                        .map(server -> server.identity().equals(container.identity()))
                        .orElse(true);
    }

    private boolean mayBePostgres(Container container) {
        return postgresName.map(container.name()::equals).orElseGet(() -> container.answersTo(postgresHost));
    }
}
