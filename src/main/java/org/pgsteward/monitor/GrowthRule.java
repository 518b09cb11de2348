package org.pgsteward.monitor;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.pgsteward.model.Elapsed;

/** By how much a database has grown within the last day, or since it was first looked at. */
public final class GrowthRule extends FigureRule<DatabaseLook> {
    public GrowthRule() {
        super("database-growing", Unit.BYTES);
    }

    @Override
    List<Finding> look(DatabaseLook now, List<DatabaseLook> past) {
        return now.databases().stream()
                .map(database -> finding(now, database, past))
                .toList();
    }

    private static Finding finding(DatabaseLook now, DatabaseLook.Database database, List<DatabaseLook> past) {
        // A database that is new or was restored is not growing: it is compared with itself alone.
        Optional<DatabaseLook> first = past.stream()
                .filter(look -> look.database(database.service()).isPresent())
                .findFirst();
        long then = first.flatMap(look -> look.database(database.service()))
                .map(DatabaseLook.Database::sizeBytes)
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
}
