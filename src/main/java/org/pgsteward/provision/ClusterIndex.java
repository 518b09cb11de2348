package org.pgsteward.provision;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Finds by name what in a {@link Cluster} concerns one claim. With a thousand services, looking through all of them for
 * each took most of a reconcile.
 */
final class ClusterIndex {
    private final Map<String, List<String>> serviceNames;
    private final Map<String, List<String>> databaseNames;
    private final Map<String, List<String>> roleNames;
    private final Map<String, List<Cluster.Service>> byDatabase = new HashMap<>();
    private final Map<String, List<Cluster.Service>> byRole = new HashMap<>();
    private final Map<String, List<Cluster.Database>> byGrantee = new HashMap<>();

    private ClusterIndex(Collection<String> services, Collection<String> databases, Collection<String> roles) {
        this.serviceNames = folded(services);
        this.databaseNames = folded(databases);
        this.roleNames = folded(roles);
    }

    static ClusterIndex of(
            Map<String, Cluster.Role> roles,
            Map<String, Cluster.Database> databases,
            Map<String, Cluster.Service> services) {
        ClusterIndex index = new ClusterIndex(services.keySet(), databases.keySet(), roles.keySet());
        // By name, so that of several the same one comes first each time.
        new TreeMap<>(services).values().forEach(index::add);
        new TreeMap<>(databases).values().forEach(index::add);
        return index;
    }

    private void add(Cluster.Service service) {
        put(byDatabase, fold(service.database()), service);
        // What is in quarantine may be taken out of it, and needs its name then.
        if (service.isQuarantined()) {
            put(byDatabase, fold(service.quarantinedFrom()), service);
        }
        // A script's row names no role: it means the one that is called as the service.
        put(byRole, fold(service.role().isEmpty() ? service.name() : service.role()), service);
    }

    private void add(Cluster.Database database) {
        database.grants().stream()
                .map(Cluster.Grant::grantee)
                .distinct()
                .forEach(grantee -> put(byGrantee, grantee, database));
    }

    /** Services whose database is, or was before its quarantine, {@code name} in whatever case. */
    Stream<Cluster.Service> servicesOfDatabase(String name) {
        return byDatabase.getOrDefault(fold(name), List.of()).stream();
    }

    /** Services whose role is {@code name} in whatever case. */
    Stream<Cluster.Service> servicesOfRole(String name) {
        return byRole.getOrDefault(fold(name), List.of()).stream();
    }

    /** The service that {@code role} is for, whatever became of it. */
    Optional<Cluster.Service> serviceOfRole(String role) {
        return servicesOfRole(role)
                .filter(service -> service.role().equals(role))
                .findFirst();
    }

    /** Whether a service's role that does not own {@code database} was granted something on it by name. */
    boolean namesAnotherService(Cluster.Database database) {
        return database.grants().stream()
                .map(Cluster.Grant::grantee)
                .filter(grantee -> !grantee.equals(database.owner()))
                .anyMatch(grantee -> serviceOfRole(grantee).isPresent());
    }

    /** Databases on which {@code grantee} was granted something by name. */
    Stream<Cluster.Database> databasesNaming(String grantee) {
        return byGrantee.getOrDefault(grantee, List.of()).stream();
    }

    /** A service that is called {@code name} in other letters: nobody tells the two apart in an alert. */
    Optional<String> serviceInOtherCase(String name) {
        return inOtherCase(name, serviceNames);
    }

    Optional<String> databaseInOtherCase(String name) {
        return inOtherCase(name, databaseNames);
    }

    Optional<String> roleInOtherCase(String name) {
        return inOtherCase(name, roleNames);
    }

    private static Optional<String> inOtherCase(String name, Map<String, List<String>> taken) {
        return taken.getOrDefault(fold(name), List.of()).stream()
                .filter(other -> !other.equals(name))
                .findFirst();
    }

    private static Map<String, List<String>> folded(Collection<String> names) {
        Map<String, List<String>> folded = new HashMap<>();
        names.stream().sorted().forEach(name -> put(folded, fold(name), name));
        return folded;
    }

    private static <T> void put(Map<String, List<T>> lists, String key, T value) {
        lists.computeIfAbsent(key, any -> new ArrayList<>(1)).add(value);
    }

    /** The same for names that differ only by case. */
    static String fold(String name) {
        return name.toLowerCase(Locale.ROOT);
    }
}
