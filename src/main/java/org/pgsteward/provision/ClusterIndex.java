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
 * Finds the parts of a {@link Cluster} that concern one claim, by name. With a thousand services, a search through all
 * of them for each claim took most of a reconcile.
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
        // In the order of names, so that the first of several is the same each time.
        new TreeMap<>(services).values().forEach(index::add);
        new TreeMap<>(databases).values().forEach(index::add);
        return index;
    }

    private void add(Cluster.Service service) {
        put(byDatabase, fold(service.database()), service);
        // A quarantined database may be restored, and then needs its previous name.
        if (service.isQuarantined()) {
            put(byDatabase, fold(service.quarantinedFrom()), service);
        }
        // A script's row names no role. It means the role with the service's name.
        put(byRole, fold(service.role().isEmpty() ? service.name() : service.role()), service);
    }

    private void add(Cluster.Database database) {
        database.grants().stream()
                .map(Cluster.Grant::grantee)
                .distinct()
                .forEach(grantee -> put(byGrantee, grantee, database));
    }

    /** Returns the services with the database {@code name}, now or before its quarantine, in upper or lower case. */
    Stream<Cluster.Service> servicesOfDatabase(String name) {
        return byDatabase.getOrDefault(fold(name), List.of()).stream();
    }

    /** Returns the services with the role {@code name}, in upper or lower case. */
    Stream<Cluster.Service> servicesOfRole(String name) {
        return byRole.getOrDefault(fold(name), List.of()).stream();
    }

    /** Returns the service of {@code role}, in quarantine or not. */
    Optional<Cluster.Service> serviceOfRole(String role) {
        return servicesOfRole(role)
                .filter(service -> service.role().equals(role))
                .findFirst();
    }

    /** Returns whether a service's role that does not own {@code database} has a grant on it by name. */
    boolean namesAnotherService(Cluster.Database database) {
        return database.grants().stream()
                .map(Cluster.Grant::grantee)
                .filter(grantee -> !grantee.equals(database.owner()))
                .anyMatch(grantee -> serviceOfRole(grantee).isPresent());
    }

    /** Returns the databases on which {@code grantee} has a grant by name. */
    Stream<Cluster.Database> databasesNaming(String grantee) {
        return byGrantee.getOrDefault(grantee, List.of()).stream();
    }

    /**
     * Returns a service with the same name in another case, since an operator could not distinguish the two in an
     * alert.
     */
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

    /** Returns the same text for names that differ only by case. */
    static String fold(String name) {
        return name.toLowerCase(Locale.ROOT);
    }
}
