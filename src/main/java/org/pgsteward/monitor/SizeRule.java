package org.pgsteward.monitor;

import java.util.List;
import java.util.Map;
import org.pgsteward.model.Console;
import org.pgsteward.model.Size;

/** The size of a service's database. */
final class SizeRule extends MetricRule<DatabaseObservation> {
    SizeRule() {
        super("database-large", Unit.BYTES);
    }

    @Override
    List<Finding> look(DatabaseObservation now, List<DatabaseObservation> past) {
        return now.databases().stream()
                .map(database -> new Finding(
                        database.service(),
                        (double) database.sizeBytes(),
                        "its database has a size of " + Size.words(database.sizeBytes()),
                        largest(now.console(), database.name()),
                        Map.of("sizeBytes", database.sizeBytes())))
                .toList();
    }

    static String largest(Console console, String database) {
        return console.psql(
                database,
                "SELECT oid::regclass, pg_size_pretty(pg_total_relation_size(oid)) FROM pg_class"
                        + " WHERE relkind IN ('r', 'm') ORDER BY pg_total_relation_size(oid) DESC LIMIT 10");
    }
}
