package org.pgsteward.containers;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.pgsteward.model.Container;
import org.pgsteward.model.Enrolment;

/** The host's containers as they were last read, with the service of each. Safe for many threads. */
final class KnownContainers {
    /** Characters of a container's id in a host name. */
    private static final int SHORTEST_ID = 12;

    private final Optional<String> postgresName;
    private final String postgresHost;
    private final Map<String, Container> byId = new ConcurrentHashMap<>();

    /** The number of changes of {@link #byId}. */
    private final AtomicLong version = new AtomicLong();

    private volatile Together together = new Together(-1, List.of(), Optional.empty());

    /** All containers of one version, and the server among them. */
    private record Together(long version, List<Container> all, Optional<Container> postgres) {}

    /** The services, by container id; an entry may come before its container, and stays after it. */
    private final Map<String, String> services = new ConcurrentHashMap<>();

    /** The services of the container's further databases, by container id. */
    private final Map<String, Set<String>> companions = new ConcurrentHashMap<>();

    /**
     * @param postgresName the name of the managed PostgreSQL's container, if it is configured
     * @param postgresHost the host name by which the container is found otherwise
     */
    KnownContainers(Optional<String> postgresName, String postgresHost) {
        this.postgresName = postgresName;
        this.postgresHost = postgresHost;
    }

    void put(Container container) {
        Container before = byId.put(container.id(), container);
        if (!container.equals(before)) {
            version.incrementAndGet();
        }
    }

    void putAll(Collection<Container> containers) {
        containers.forEach(this::put);
    }

    Optional<Container> remove(String id) {
        Optional<Container> removed = Optional.ofNullable(byId.remove(id));
        if (removed.isPresent()) {
            version.incrementAndGet();
        }
        return removed;
    }

    Optional<Container> get(String id) {
        return Optional.ofNullable(byId.get(id));
    }

    /** Returns a number that is the same as long as no container changes. */
    long version() {
        return version.get();
    }

    List<Container> all() {
        return together().all();
    }

    private Together together() {
        Together last = together;
        // Read first: a change from now on makes the result old.
        long now = version.get();
        if (last.version() != now) {
            List<Container> all = List.copyOf(byId.values());
            last = new Together(now, all, postgres(all));
            together = last;
        }
        return last;
    }

    /**
     * Returns the managed PostgreSQL's container. Another project may have a service with the same name: the container's own
     * name takes precedence, and then the older container.
     */
    Optional<Container> postgres() {
        return together().postgres();
    }

    private Optional<Container> postgres(List<Container> all) {
        return all.stream()
                .filter(this::mayBePostgres)
                .min(Comparator.comparing(
                                (Container container) -> !container.name().equalsIgnoreCase(postgresHost))
                        .thenComparing(Container::createdAt)
                        .thenComparing(Container::id));
    }

    /** Returns pgsteward's own container, unless its host name was changed: Docker names the host by the id. */
    Optional<Container> own() {
        String host = System.getenv().getOrDefault("HOSTNAME", "");
        return host.length() < SHORTEST_ID
                ? Optional.empty()
                : byId.values().stream()
                        .filter(container -> container.id().startsWith(host))
                        .findFirst();
    }

    boolean isPostgres(Container container) {
        return mayBePostgres(container)
                && postgres()
                        .map(server -> server.identity().equals(container.identity()))
                        .orElse(true);
    }

    private boolean mayBePostgres(Container container) {
        return postgresName.map(container.name()::equals).orElseGet(() -> container.answersTo(postgresHost));
    }

    void assign(Container container, String service) {
        services.put(container.id(), service);
    }

    /** Assigns further services to a container, in place of earlier ones. */
    void assignCompanions(Container container, Set<String> further) {
        companions.put(container.id(), Set.copyOf(further));
    }

    void unassign(Container container) {
        services.remove(container.id());
        companions.remove(container.id());
    }

    /** Returns an enrolled service, or the name of the managed PostgreSQL's own container. */
    Optional<String> service(Container container) {
        return isPostgres(container)
                ? Optional.of(container.name())
                : Optional.ofNullable(services.get(container.id()));
    }

    /** Returns the service of a container that may have been removed. */
    Optional<String> service(String id) {
        return Optional.ofNullable(services.get(id)).or(() -> get(id).flatMap(this::service));
    }

    /** Returns the containers of a service. */
    Stream<Container> of(String service) {
        return byId.values().stream().filter(container -> serves(container, service));
    }

    private boolean serves(Container container, String service) {
        return service(container).filter(service::equals).isPresent()
                || companions.getOrDefault(container.id(), Set.of()).contains(service);
    }

    /** Returns the containers of each service, without the containers of {@code docker compose run}. */
    SortedMap<String, List<Container>> byService() {
        SortedMap<String, List<Container>> byService = new TreeMap<>();
        for (Container container : byId.values()) {
            if (!container.isOneOff()) {
                Stream.concat(service(container).stream(), companions.getOrDefault(container.id(), Set.of()).stream())
                        .forEach(service -> byService
                                .computeIfAbsent(service, first -> new ArrayList<>())
                                .add(container));
            }
        }
        return byService;
    }

    /** Returns the running containers that have a service, with it. */
    Map<Container, String> running() {
        Map<Container, String> running = new LinkedHashMap<>();
        for (Container container : byId.values()) {
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
    Map<String, String> owners(List<Enrolment> enrolments) {
        Map<String, String> byIdentity = new HashMap<>();
        enrolments.stream()
                .filter(enrolment -> enrolment.companionOf().isEmpty())
                .forEach(enrolment -> byIdentity.put(enrolment.identity(), enrolment.service()));
        Map<String, String> owners = new HashMap<>();
        for (Container container : byId.values()) {
            owners.put(
                    container.name(),
                    service(container)
                            .or(() -> Optional.ofNullable(byIdentity.get(container.identity())))
                            .orElse(""));
        }
        return owners;
    }
}
