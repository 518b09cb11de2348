package org.pgsteward.monitor;

import java.util.List;
import java.util.Map;

/** The share of a service's allowed sessions in use, by the limit of its role or its database. */
final class ServiceConnectionsRule extends MetricRule<DatabaseObservation> {
    ServiceConnectionsRule() {
        super("service-connections-near-limit", Unit.PERCENT);
    }

    @Override
    List<Finding> look(DatabaseObservation now, List<DatabaseObservation> past) {
        return now.databases().stream()
                .filter(database -> database.limit().isPresent())
                .map(database -> finding(now, database, database.limit().get()))
                .toList();
    }

    private static Finding finding(DatabaseObservation now, DatabaseObservation.Database database, int limit) {
        double percent = 100.0 * database.counted() / limit;
        String remedy = now.console()
                        .psql("SELECT pid, application_name, client_addr, state, state_change FROM pg_stat_activity"
                                + " WHERE datname = '" + database.name().replace("'", "''")
                                + "' ORDER BY state_change")
                + "\n# Its connection pool is larger than its limit of " + limit
                + ": make the pool smaller in the application's settings.";
        return new Finding(
                database.service(),
                percent,
                database.counted() + " of its limit of " + limit + " connections in use (" + Unit.PERCENT.words(percent)
                        + ")",
                remedy,
                Map.of("sessions", database.counted(), "limit", limit));
    }
}
