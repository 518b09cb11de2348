package org.pgsteward.monitor;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.pgsteward.model.Console;
import org.pgsteward.model.Elapsed;

/**
 * The number of a service's statements within the last hour that took longer than the server's {@code
 * log_min_duration_statement}. It is for a server without {@code pg_stat_statements}, which is more precise.
 */
final class SlowStatementRule extends MetricRule<LogObservation> {
    SlowStatementRule() {
        super("statements-slow", Unit.COUNT);
    }

    @Override
    List<Finding> look(LogObservation now, List<LogObservation> past) {
        return now.slow().orElse(List.of()).stream()
                .map(slow -> finding(now.console(), slow))
                .toList();
    }

    private static Finding finding(Console console, LogObservation.Slowness slow) {
        return new Finding(
                slow.service(),
                slow.count(),
                slow.count() + (slow.count() == 1 ? " statement" : " statements") + " took longer than "
                        + seconds(slow.limit().toMillis() / 1000.0) + " in the last "
                        + Elapsed.words(LogObservation.STATEMENTS) + ", the longest " + seconds(slow.longest()),
                "docker logs --since 1h " + Console.word(console.container())
                        + " 2>&1 | grep ' ms  ' | tail -20   # the statements; their texts may contain passwords",
                Map.of(
                        "statements", slow.count(),
                        "longestSeconds", slow.longest(),
                        "limitSeconds", slow.limit().toMillis() / 1000.0));
    }

    private static String seconds(double seconds) {
        return seconds < 60 ? String.format(Locale.ROOT, "%.1f s", seconds) : Unit.TIME.words(seconds);
    }
}
