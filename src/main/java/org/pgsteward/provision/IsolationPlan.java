package org.pgsteward.provision;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.pgsteward.postgres.Quote;
import org.pgsteward.postgres.ServerAddress;

/**
 * Plans the steps that separate the databases of a cluster: PostgreSQL lets every role connect to a new database. Pure.
 *
 * <p>A database of no service is closed too. The roles that use it get CONNECT by name first, so that they keep their access.
 */
final class IsolationPlan {
    private static final Set<String> OURS = Set.of("service_configs", "backup_log", "user_activity", "service_status");

    private IsolationPlan() {}

    /** @param subject the database that is closed */
    record Closing(String subject, Step step) {}

    /** Returns the steps for each database of no service, and for the tables and schemas of the management database. */
    static List<Closing> of(Cluster cluster, ServerAddress server) {
        List<Closing> closings = new ArrayList<>();
        Set<String> ofServices = cluster.services().values().stream()
                .filter(Cluster.Service::isBound)
                .map(Cluster.Service::database)
                .collect(Collectors.toSet());
        cluster.databases().values().stream()
                .filter(database -> database.isOpenToPublic() && database.allowsConnections())
                .filter(database -> !ofServices.contains(database.name()))
                .sorted(Comparator.comparing(Cluster.Database::name))
                .map(database -> new Closing(database.name(), closed(database, cluster, server)))
                .forEach(closings::add);
        closings.addAll(closed(
                openObjects(cluster, grant -> isOurs(grant.object())),
                "every role has privileges on the journal's tables in database " + server.database(),
                server));
        closings.addAll(closed(
                openObjects(cluster, grant -> isOfLargeObjects(grant.object())),
                "every role may create large objects in database " + server.database(),
                server));
        ManagementAccess.everybodysSchemas(Step.Kind.REPAIR, cluster, server.database())
                .map(step -> new Closing(server.database(), step))
                .forEach(closings::add);
        return List.copyOf(closings);
    }

    private static Step closed(Cluster.Database database, Cluster cluster, ServerAddress server) {
        String name = Quote.identifier(database.name());
        Set<String> keep = new TreeSet<>(database.business());
        keep.remove(database.owner());
        keep.retainAll(cluster.roles().keySet());
        // In the management database the roles of services have CONNECT by name already.
        keep.removeIf(role -> database.name().equals(server.database())
                && cluster.index().serviceOfRole(role).isPresent());
        Stream<String> grants = keep.stream()
                .map(role -> "GRANT CONNECT, TEMPORARY ON DATABASE " + name + " TO " + Quote.identifier(role));
        return new Step(
                Step.Kind.REPAIR,
                server.database(),
                Stream.concat(grants, Stream.of("REVOKE ALL ON DATABASE " + name + " FROM PUBLIC"))
                        .collect(Collectors.joining("; ")),
                "every role may connect to database " + database.name()
                        + (keep.isEmpty() ? "" : "; these roles keep access: " + String.join(", ", keep)));
    }

    private static List<Closing> closed(List<String> revokes, String reason, ServerAddress server) {
        return revokes.isEmpty()
                ? List.of()
                : List.of(new Closing(
                        server.database(),
                        new Step(Step.Kind.REPAIR, server.database(), String.join("; ", revokes), reason)));
    }

    private static boolean isOurs(String object) {
        return object.startsWith("FUNCTION public.") || OURS.contains(object.replaceFirst("^TABLE public\\.", ""));
    }

    private static boolean isOfLargeObjects(String object) {
        return object.startsWith("FUNCTION pg_catalog.");
    }

    private static List<String> openObjects(Cluster cluster, Predicate<Cluster.ObjectGrant> which) {
        return cluster.managementGrants(Cluster.PUBLIC)
                .filter(which)
                .map(grant -> "REVOKE ALL ON " + grant.object() + " FROM PUBLIC")
                .distinct()
                .sorted()
                .toList();
    }
}
