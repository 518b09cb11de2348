package org.pgsteward.monitor;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.pgsteward.alert.OneLine;
import org.pgsteward.model.Console;
import org.pgsteward.model.PostgresServer;
import org.pgsteward.postgres.Quote;

/**
 * Databases whose collation had another version when their indexes were made. A new version of glibc or ICU sorts some
 * texts differently, and so does another image of PostgreSQL (Debian instead of Alpine). PostgreSQL then searches text
 * indexes in the wrong order.
 */
final class CollationRule extends MetricRule<CatalogObservation> {
    private static final int NAMED = 4;
    private static final int NAME = 63;

    /** Databases with collations of their own whose lines fit. The next alert has the others. */
    private static final int OWN = 10;

    /** Databases whose lines fit into a notification. */
    private static final int PASTED = 3;

    CollationRule() {
        super("collation-changed", Unit.COUNT);
    }

    @Override
    List<Finding> look(CatalogObservation now, List<CatalogObservation> past) {
        List<CatalogObservation.Database> changed = now.databases().stream()
                .filter(database -> database.hasOtherCollation() || database.otherCollations() > 0)
                .toList();
        if (changed.isEmpty()) {
            boolean isKnown = now.databases().stream()
                    .allMatch(database -> database.contents().isPresent());
            return List.of(new Finding(
                    PostgresServer.SERVICE,
                    isKnown ? 0 : Finding.NOT_KNOWN_YET,
                    isKnown ? "no collation has another version" : "not every database could be read",
                    "",
                    Map.of("databases", 0)));
        }
        String named = changed.stream().limit(NAMED).map(CollationRule::words).collect(Collectors.joining(", "));
        int more = changed.size() - NAMED;
        String says = "the collation of "
                + (changed.size() == 1 ? "one database" : changed.size() + " databases")
                + " has another version than when its indexes were made, as after an update of the image: " + named
                + (more > 0 ? " and " + more + " more" : "")
                + ". Until REINDEX, queries by text may miss rows, and unique texts may appear twice. Dumps are complete";
        return List.of(new Finding(
                PostgresServer.SERVICE,
                changed.size(),
                says,
                remedy(now.console(), changed),
                Map.of("databases", changed.size())));
    }

    private static String words(CatalogObservation.Database database) {
        String name = OneLine.of(database.name(), NAME);
        int own = database.otherCollations();
        return database.hasOtherCollation()
                ? name + " (" + OneLine.of(database.collation().orElse(""), NAME) + ", now "
                        + OneLine.of(database.actualCollation().orElse("unknown"), NAME) + ")"
                : name + " (" + (own == 1 ? "one collation" : own + " collations") + " of its own)";
    }

    private static String remedy(Console console, List<CatalogObservation.Database> changed) {
        List<String> lines = new ArrayList<>();
        lines.add(
                "# REINDEX blocks writes to the table that it works on. If it reports a duplicate key, remove one of the"
                        + " rows, and paste its line again.");
        if (changed.size() <= PASTED) {
            changed.forEach(database -> lines.addAll(one(console, database)));
        } else {
            lines.addAll(all(console, changed));
        }
        return String.join("\n", lines);
    }

    private static List<String> one(Console console, CatalogObservation.Database database) {
        String name = Quote.identifier(database.name());
        List<String> lines = new ArrayList<>();
        lines.add(console.psql(database.name(), "REINDEX DATABASE " + name));
        if (database.otherCollations() > 0) {
            lines.add(own(console, Console.word(database.name())));
        }
        if (database.hasOtherCollation()) {
            lines.add(
                    database.actualCollation().isPresent()
                            ? console.psql("ALTER DATABASE " + name + " REFRESH COLLATION VERSION")
                            : forget(console));
        }
        return lines.stream()
                .map(line ->
                        PasteLine.or(line, "# REINDEX DATABASE, then ALTER DATABASE ... REFRESH COLLATION VERSION"))
                .collect(Collectors.collectingAndThen(Collectors.joining(" &&\n"), String::lines))
                .toList();
    }

    /** One command for all, since the lines of each database would not fit. */
    private static List<String> all(Console console, List<CatalogObservation.Database> changed) {
        String container = Console.word(console.container());
        String user = Console.word(console.user());
        List<String> lines = new ArrayList<>();
        lines.add("docker exec " + container + " reindexdb -U " + user + " --maintenance-db="
                + Console.word(console.database()) + " --all &&");
        boolean hasVersion = changed.stream()
                .anyMatch(database -> database.hasOtherCollation()
                        && database.actualCollation().isPresent());
        boolean hasNone = changed.stream()
                .anyMatch(database -> database.hasOtherCollation()
                        && database.actualCollation().isEmpty());
        List<String> then = new ArrayList<>();
        if (hasVersion) {
            then.add(execute(
                    "SELECT format('ALTER DATABASE %I REFRESH COLLATION VERSION', datname) FROM pg_database"
                            + " WHERE datallowconn AND datcollversion <> pg_database_collation_actual_version(oid)",
                    console, Console.word(console.database())));
        }
        if (hasNone) {
            then.add(forget(console));
        }
        changed.stream()
                .filter(database -> database.otherCollations() > 0)
                .limit(OWN)
                .forEach(database -> then.add(PasteLine.or(
                        own(console, Console.word(database.name())), "echo 'ALTER COLLATION ... REFRESH VERSION'")));
        lines.add(String.join(" &&\n", then));
        return lines;
    }

    private static String own(Console console, String database) {
        return execute(
                "SELECT format('ALTER COLLATION %s REFRESH VERSION', oid::regcollation) FROM pg_collation"
                        + " WHERE collversion <> pg_collation_actual_version(oid)",
                console, database);
    }

    /** Runs the statements that {@code sql} returns. */
    private static String execute(String sql, Console console, String database) {
        return "printf '%s\\n' \"" + sql + " \\gexec\" | docker exec -i " + Console.word(console.container())
                + " psql -U " + Console.word(console.user()) + " -d " + database;
    }

    /** The C library musl has no versions, and ALTER DATABASE cannot replace a version by none. */
    private static String forget(Console console) {
        return console.psql("UPDATE pg_database SET datcollversion = NULL"
                + " WHERE pg_database_collation_actual_version(oid) IS NULL");
    }
}
