package org.pgsteward.monitor;

import java.util.List;
import java.util.Map;
import org.pgsteward.model.Console;

/**
 * The age of a database's oldest row in transaction ids. Autovacuum keeps it below some 200 million; at 2,100 million
 * PostgreSQL refuses all writing (PostgreSQL's manual, "Preventing Transaction ID Wraparound Failures").
 */
final class IdAgeRule extends MetricRule<DatabaseObservation> {
    IdAgeRule() {
        super("transaction-ids-old", Unit.COUNT);
    }

    @Override
    List<Finding> look(DatabaseObservation now, List<DatabaseObservation> past) {
        return now.databases().stream()
                .map(database -> new Finding(
                        database.service(),
                        (double) database.idAge(),
                        "its oldest row is " + Unit.COUNT.words(database.idAge())
                                + " transactions old; at 2100 million PostgreSQL stops writing",
                        now.console()
                                        .psql("SELECT pid, datname, usename, xact_start FROM pg_stat_activity"
                                                + " WHERE backend_xmin IS NOT NULL ORDER BY age(backend_xmin) DESC"
                                                + " LIMIT 5")
                                + "\n" + vacuum(now.console(), database.name()),
                        Map.of("age", database.idAge())))
                .toList();
    }

    /** Only template0 accepts no connections from the beginning. */
    private static String vacuum(Console console, String database) {
        String freeze = console.psql(database, "VACUUM (FREEZE)");
        return database.equals("template0")
                ? console.psql("ALTER DATABASE template0 ALLOW_CONNECTIONS true") + "\n" + freeze + "\n"
                        + console.psql("ALTER DATABASE template0 ALLOW_CONNECTIONS false")
                : freeze;
    }
}
