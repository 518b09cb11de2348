package org.pgsteward.monitor;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.pgsteward.model.Elapsed;
import org.pgsteward.model.Size;

/** The growth of a database within the last day, or since its first reading. */
final class GrowthRule extends MetricRule<DatabaseObservation> {
    GrowthRule() {
        super("database-growing", Unit.BYTES);
    }

    @Override
    List<Finding> look(DatabaseObservation now, List<DatabaseObservation> past) {
        return now.databases().stream()
                .map(database -> finding(now, database, past))
                .toList();
    }

    private static Finding finding(
            DatabaseObservation now, DatabaseObservation.Database database, List<DatabaseObservation> past) {
        // A new or restored database does not grow. It is compared only with readings under the same service, and not
        // with those under the name that it had while it was filled.
        Optional<DatabaseObservation> first =
                past.stream().filter(look -> itself(look, database).isPresent()).findFirst();
        long then = first.flatMap(look -> itself(look, database))
                .map(DatabaseObservation.Database::sizeBytes)
                .orElse(database.sizeBytes());
        long more = database.sizeBytes() - then;
        String span = Elapsed.words(
                first.map(look -> Duration.between(look.at(), now.at())).orElse(Duration.ZERO));
        return new Finding(
                database.service(),
                (double) more,
                more > 0
                        ? "its database grew by " + Size.words(more) + " in " + span + ", from " + Size.words(then)
                                + " to " + Size.words(database.sizeBytes())
                        : "its database has not grown in " + span,
                SizeRule.largest(now.console(), database.name()),
                Map.of("grownBytes", more, "sizeBytes", database.sizeBytes()));
    }

    private static Optional<DatabaseObservation.Database> itself(
            DatabaseObservation look, DatabaseObservation.Database database) {
        return look.database(database.oid()).filter(then -> then.service().equals(database.service()));
    }
}
