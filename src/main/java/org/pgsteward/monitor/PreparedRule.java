package org.pgsteward.monitor;

import java.util.List;
import java.util.Map;
import org.pgsteward.alert.OneLine;
import org.pgsteward.model.Console;
import org.pgsteward.postgres.Quote;

/**
 * Prepared transactions that nobody ends. Such a transaction has no session. It survives restarts, keeps its locks, and
 * keeps VACUUM from removing rows that were deleted since it began.
 */
final class PreparedRule extends MetricRule<DatabaseObservation> {
    private static final int ID = 60;

    PreparedRule() {
        super("prepared-transaction-old", Unit.TIME);
    }

    @Override
    List<Finding> look(DatabaseObservation now, List<DatabaseObservation> past) {
        return now.databases().stream()
                .map(database -> now.upkeep().prepared().stream()
                        .filter(open -> open.database().equals(database.name()))
                        .findFirst()
                        .map(open -> finding(now, open))
                        .orElseGet(() ->
                                new Finding(database.service(), 0, "it has no prepared transaction", "", Map.of())))
                .toList();
    }

    private static Finding finding(DatabaseObservation now, Upkeep.Prepared open) {
        String says = "prepared transaction '" + OneLine.of(open.id(), ID) + "' of " + OneLine.of(open.owner(), ID)
                + " has waited for its end for " + Unit.TIME.words(open.seconds())
                + ": it keeps its locks, also after a restart, and keeps VACUUM from removing deleted rows"
                + (open.count() > 1
                        ? "; the database has " + open.count() + " prepared transactions, and this is the oldest"
                        : "");
        return new Finding(
                open.service(),
                open.seconds(),
                says,
                remedy(now.console(), open),
                Map.of("seconds", Math.round(open.seconds()), "count", open.count()));
    }

    private static String remedy(Console console, Upkeep.Prepared open) {
        String end = console.psql(
                open.database(), "ROLLBACK PREPARED " + Quote.literal(open.id()).strip());
        return console.psql(
                        open.database(),
                        "SELECT gid, prepared, owner FROM pg_prepared_xacts WHERE database = current_database()"
                                + " ORDER BY prepared LIMIT 50")
                + "\n# The application, or its transaction manager, ends it. If that no longer knows it, roll it back:\n"
                + PasteLine.or(end, "# ROLLBACK PREPARED with its gid, in psql")
                + (open.count() > 1
                        ? "\n# All of this database that are older than an hour:\nprintf '%s\\n' \"SELECT format('ROLLBACK"
                                + " PREPARED %L', gid) FROM pg_prepared_xacts WHERE database = current_database() AND"
                                + " prepared < now() - interval '1 hour' \\gexec\" | docker exec -i "
                                + Console.word(console.container()) + " psql -U " + Console.word(console.user())
                                + " -d " + Console.word(open.database())
                        : "");
    }
}
