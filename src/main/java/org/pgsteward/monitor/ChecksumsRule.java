package org.pgsteward.monitor;

import java.util.List;
import java.util.Map;
import org.pgsteward.model.Console;
import org.pgsteward.model.PostgresServer;
import org.pgsteward.model.Severity;
import org.pgsteward.model.Size;

/**
 * Reports a cluster without data checksums. The alert is for information: it is sent once, and no data is damaged.
 * PostgreSQL 18 enables them in each new cluster.
 */
final class ChecksumsRule extends MetricRule<DatabaseObservation> {
    ChecksumsRule() {
        super("checksums-off", Unit.COUNT);
    }

    @Override
    Severity mild() {
        return Severity.INFO;
    }

    @Override
    List<Finding> look(DatabaseObservation now, List<DatabaseObservation> past) {
        boolean off = !now.upkeep().checksums();
        long bytes = now.databases().stream()
                .mapToLong(DatabaseObservation.Database::sizeBytes)
                .sum();
        return List.of(new Finding(
                PostgresServer.SERVICE,
                off ? 1 : 0,
                off
                        ? "data checksums are off, so PostgreSQL does not notice if a disk or memory changes its pages. To"
                                + " enable them, PostgreSQL has to stop while pg_checksums reads and writes all data, "
                                + Size.words(bytes)
                        : "data checksums are on",
                remedy(now),
                Map.of("sizeBytes", bytes)));
    }

    /** The image of the container has the right version of pg_checksums, and its volumes have the data. */
    private static String remedy(DatabaseObservation now) {
        String container = Console.word(now.console().container());
        return "pgsteward backup --all\n"
                + "docker stop " + container
                + "   # ends all sessions; the services have no database until the last line\n"
                + "docker run --rm --volumes-from " + container
                + " --user postgres --entrypoint pg_checksums \"$(docker inspect -f '{{.Image}}' " + container
                + ")\" --enable --progress -D " + Console.word(now.upkeep().dataDirectory()) + "\n"
                + "docker start " + container + "\n"
                + "# To leave them off, write this line into routes/thresholds.yaml:   checksums: off";
    }
}
