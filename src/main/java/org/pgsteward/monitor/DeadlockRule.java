package org.pgsteward.monitor;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.pgsteward.model.Console;
import org.pgsteward.model.Elapsed;

/** The number of deadlocks within the last hour. PostgreSQL ended each by rolling back a transaction. */
final class DeadlockRule extends MetricRule<DatabaseObservation> {
    private static final Duration SPAN = Duration.ofHours(1);

    DeadlockRule() {
        super("deadlock", Unit.COUNT);
    }

    @Override
    List<Finding> look(DatabaseObservation now, List<DatabaseObservation> past) {
        Optional<DatabaseObservation> before = Past.within(past, now.at(), SPAN);
        return now.databases().stream()
                .map(database -> finding(now, database, before))
                .toList();
    }

    private static Finding finding(
            DatabaseObservation now, DatabaseObservation.Database database, Optional<DatabaseObservation> before) {
        // The counter of a new database began at 0. The counter of a database that a restore or an adoption renamed did
        // not. A counter that was reset is lower than before, and its whole value is new.
        long then = before.map(look -> look.database(database.oid())
                        .map(DatabaseObservation.Database::deadlocks)
                        .orElse(0L))
                .orElse(database.deadlocks());
        long more = database.deadlocks() >= then ? database.deadlocks() - then : database.deadlocks();
        String span = before.map(look -> Elapsed.words(Duration.between(look.at(), now.at())))
                .orElse("0 s");
        return new Finding(
                database.service(),
                (double) more,
                more + (more == 1 ? " deadlock" : " deadlocks") + " in the last " + span
                        + ": PostgreSQL rolled back one transaction each time",
                "docker logs --since 2h " + Console.word(now.console().container())
                        + " 2>&1 | grep -A 12 'deadlock detected'",
                Map.of("deadlocks", more, "total", database.deadlocks()));
    }
}
