package org.pgsteward.overview;

import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** The order of the services in a table, equal on the status page and in {@code status}. */
public final class ServiceGroups {
    private ServiceGroups() {}

    /**
     * Returns the groups of the table, each by name and none empty: services and databases, the entries that belong to
     * no service, and databases that are gone.
     */
    public static List<List<Overview.Service>> of(Overview overview) {
        return Stream.of(
                        group(overview, service -> !isOfNoService(service) && !service.isGone()),
                        group(overview, ServiceGroups::isOfNoService),
                        group(overview, Overview.Service::isGone))
                .filter(group -> !group.isEmpty())
                .toList();
    }

    private static List<Overview.Service> group(Overview overview, Predicate<Overview.Service> in) {
        return overview.services().stream().filter(in).toList();
    }

    /** Returns whether the entry belongs to no service: the globals, base backups, and PostgreSQL's own container. */
    private static boolean isOfNoService(Overview.Service service) {
        boolean onlyAContainer =
                service.database().isEmpty() && service.backups().isEmpty();
        return service.isOfTheCluster() || onlyAContainer;
    }
}
