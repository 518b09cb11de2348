package org.pgsteward.provision;

import java.sql.SQLException;
import java.util.Map;
import java.util.stream.Collectors;
import org.pgsteward.model.Count;
import org.pgsteward.postgres.Quote;

/**
 * Reports objects that services own in the management database, and everything that exceeds a limit. Nothing is dropped:
 * pgsteward cannot know whether an operator needs it.
 */
final class ExcessCheck {
    private final String management;
    private final ReconcileReport report;

    /** @param management the name of the management database */
    ExcessCheck(String management, ReconcileReport report) {
        this.management = management;
        this.report = report;
    }

    void run(Cluster cluster, ManagementReading reading) throws SQLException {
        if (!cluster.services().isEmpty()) {
            reportBelongings(cluster, reading.belongings());
        }
        for (Excess found : reading.excesses()) {
            report.excess(ofService(found, cluster));
        }
        report.planExcesses();
    }

    /** An operator or a function of a service is a trap if a superuser runs it without knowing. */
    private void reportBelongings(Cluster cluster, Map<String, ManagementReading.Belongings> belongings) {
        for (Cluster.Service service : cluster.services().values()) {
            if (service.isCompanion()) {
                continue;
            }
            String role = service.role().isEmpty() ? service.name() : service.role();
            ManagementReading.Belongings owned = belongings.getOrDefault(role, ManagementReading.Belongings.NONE);
            if (owned.largeObjects() > 0) {
                report.excess(largeObjects(role, owned.largeObjects()).of(service.name()));
            }
            if (owned.named().isEmpty()) {
                continue;
            }
            long others = owned.others() - owned.named().size();
            String more = others > 0 ? " and " + others + " more" : "";
            String reason = "role " + role + " owns "
                    + owned.named().stream().map(Names::printable).collect(Collectors.joining(", ")) + more
                    + " in database " + management + ". These objects may run code with the privileges of a superuser;"
                    + " check them, and drop those that no service needs";
            report.unrepaired(service.name(), reason);
        }
    }

    /** The remedy runs in several transactions: PostgreSQL holds a lock for each large object that one removes. */
    private Excess largeObjects(String role, long count) {
        return new Excess(
                role,
                "",
                "",
                "role " + role + " owns " + Count.words(count, "large object") + " in database " + management
                        + "; the limit is 0, since services may not create any there",
                "DO $$ BEGIN LOOP PERFORM lo_unlink(oid) FROM (SELECT oid FROM pg_largeobject_metadata WHERE lomowner ="
                        + " " + Quote.literal(Quote.identifier(role))
                        + "::regrole LIMIT 1000) AS mine; EXIT WHEN NOT FOUND; COMMIT; END LOOP; END $$",
                Map.of("large_objects", count, "limit", 0));
    }

    /** Returns the excess with the service of its role or database, if there is one. */
    private static Excess ofService(Excess found, Cluster cluster) {
        return cluster.services().values().stream()
                .filter(service -> found.service().isEmpty()
                        && (found.role().isEmpty()
                                ? service.database().equals(found.database())
                                : found.role().equals(service.role())))
                .findFirst()
                .map(service -> found.of(service.name()))
                .orElse(found);
    }
}
