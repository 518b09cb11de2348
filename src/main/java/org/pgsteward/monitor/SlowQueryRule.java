package org.pgsteward.monitor;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The average time of a service's slowest statement within the last hour, by {@code pg_stat_statements}. If the earlier
 * reading did not have a statement among the hundred longest, all its calls count.
 */
final class SlowQueryRule extends MetricRule<DatabaseObservation> {
    private static final Duration SPAN = Duration.ofHours(1);

    SlowQueryRule() {
        super("query-slow", Unit.TIME);
    }

    @Override
    List<Finding> look(DatabaseObservation now, List<DatabaseObservation> past) {
        Optional<DatabaseObservation> before = Past.within(past, now.at(), SPAN);
        if (now.queries().isEmpty()) {
            return List.of();
        }
        if (before.isEmpty()) {
            return now.databases().stream()
                    .map(database -> new Finding(
                            database.service(), Finding.NOT_KNOWN_YET, "this is the first sample", "", Map.of()))
                    .toList();
        }
        Map<Statement, DatabaseObservation.Query> then = new HashMap<>();
        before.flatMap(DatabaseObservation::queries)
                .ifPresent(queries -> queries.forEach(query -> then.put(Statement.of(query), query)));
        List<Finding> findings = new ArrayList<>();
        for (DatabaseObservation.Database database : now.databases()) {
            findings.add(now.queries().get().stream()
                    .filter(query -> query.database() == database.oid())
                    .map(query -> since(then.get(Statement.of(query)), query))
                    .filter(query -> query.calls() > 0)
                    .max(java.util.Comparator.comparingDouble(SlowQueryRule::mean))
                    .map(query -> finding(now, query))
                    .orElseGet(() -> new Finding(database.service(), 0, "no statement ran", "", Map.of())));
        }
        return findings;
    }

    /** A statement in one database. Counters are kept for each database, and an id may exist in several of them. */
    private record Statement(long database, long id) {
        static Statement of(DatabaseObservation.Query query) {
            return new Statement(query.database(), query.id());
        }
    }

    private static DatabaseObservation.Query since(
            DatabaseObservation.@org.jspecify.annotations.Nullable Query then, DatabaseObservation.Query now) {
        // If there are fewer calls than before, the counters were reset, and their whole values are new.
        return then == null || then.calls() > now.calls()
                ? now
                : new DatabaseObservation.Query(
                        now.database(),
                        now.service(),
                        now.id(),
                        now.calls() - then.calls(),
                        now.seconds() - then.seconds());
    }

    private static double mean(DatabaseObservation.Query query) {
        return query.seconds() / query.calls();
    }

    private static Finding finding(DatabaseObservation now, DatabaseObservation.Query query) {
        return new Finding(
                query.service(),
                mean(query),
                "statement " + query.id() + " took " + Math.round(mean(query) * 1000) + " ms on average, "
                        + query.calls() + (query.calls() == 1 ? " time" : " times") + " within the hour",
                now.console()
                        .psql("SELECT calls, round(mean_exec_time) AS ms, rows, query FROM pg_stat_statements"
                                + " WHERE queryid = " + query.id()),
                Map.of(
                        "queryId", Long.toString(query.id()),
                        "meanMillis", Math.round(mean(query) * 1000),
                        "calls", query.calls()));
    }
}
