package org.pgsteward.monitor;

import java.util.List;
import java.util.Map;
import org.pgsteward.model.Console;
import org.pgsteward.model.PostgresServer;
import org.pgsteward.model.Severity;
import org.pgsteward.model.Size;

/**
 * Checks whether PostgreSQL's settings fit the memory limit of its container. It adds shared buffers, every autovacuum
 * worker and one sort of every connection at once, in percent of the limit. This is the most that is likely and not the
 * most that is possible, since one statement may sort in several places. The alert is for information, since no harm
 * has been done yet.
 */
final class SettingsRule extends MetricRule<DatabaseObservation> {
    private static final long MIB = 1024 * 1024;

    SettingsRule() {
        super("settings-too-large", Unit.PERCENT);
    }

    @Override
    Severity mild() {
        return Severity.INFO;
    }

    @Override
    List<Finding> look(DatabaseObservation now, List<DatabaseObservation> past) {
        if (now.server().limitBytes().isEmpty()) {
            return List.of(new Finding(
                    PostgresServer.SERVICE,
                    Finding.NOT_KNOWN_YET,
                    "PostgreSQL's container is not known",
                    "",
                    Map.of()));
        }
        long limit = now.server().limitBytes().get();
        if (limit <= 0) {
            return List.of();
        }
        DatabaseObservation.MemorySettings memory = now.server().memory();
        long workers = memory.maintenanceBytes() * memory.workers();
        long sorts = memory.workBytes() * now.server().maxConnections();
        long most = memory.sharedBytes() + workers + sorts;
        double percent = 100.0 * most / limit;
        String says = "PostgreSQL's settings allow " + Size.words(most) + " of memory, "
                + Unit.PERCENT.words(percent) + " of its container's limit of " + Size.words(limit) + ": "
                + Size.words(memory.sharedBytes()) + " shared_buffers + " + memory.workers() + " autovacuum workers of "
                + Size.words(memory.maintenanceBytes()) + " + " + now.server().maxConnections()
                + " connections with a work_mem of " + Size.words(memory.workBytes());
        return List.of(new Finding(
                PostgresServer.SERVICE,
                percent,
                says,
                remedy(now, limit),
                Map.of("mostBytes", most, "limitBytes", limit)));
    }

    /**
     * Gives a quarter of the limit to shared buffers, a sixteenth to each worker, and two fifths to sorts. The rest is
     * for the processes.
     */
    private static String remedy(DatabaseObservation now, long limit) {
        Console console = now.console();
        long shared = Math.max(16, limit / 4 / MIB);
        long worker = Math.max(4, limit / 16 / MIB);
        long connections = Math.min(now.server().maxConnections(), 100);
        long work = Math.max(64, limit * 2 / 5 / connections / 1024);
        return console.psql("ALTER SYSTEM SET shared_buffers = '" + shared + "MB'") + "\n"
                + console.psql("ALTER SYSTEM SET work_mem = '" + work + "kB'") + "\n"
                + console.psql("ALTER SYSTEM SET autovacuum_work_mem = '" + worker + "MB'") + "\n"
                + (connections < now.server().maxConnections()
                        ? console.psql("ALTER SYSTEM SET max_connections = " + connections) + "\n"
                        : "")
                + "docker restart " + Console.word(console.container())
                + "   # ends all sessions; or, instead of these lines, raise mem_limit in its compose file";
    }
}
