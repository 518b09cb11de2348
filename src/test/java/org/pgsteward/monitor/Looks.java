package org.pgsteward.monitor;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.pgsteward.containers.SampleContainers;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Console;
import org.pgsteward.postgres.ServerLog;

/** Readings of a quiet server with one service, {@code vikunja}. A test adds the problem. */
final class Looks {
    static final Instant NOON = SampleContainers.NOON;
    static final long MIB = 1024 * 1024;
    static final Console CONSOLE = new Console("postgresql", "homelab", "homelab");

    private Looks() {}

    /** A reading whose time a test may still change. */
    static final class Quiet {
        Instant at = NOON;
        Instant startedAt = NOON.minus(Duration.ofDays(3));
        Instant recoveredAt = startedAt.plusMillis(200);
        Optional<Instant> lastOrder = Optional.empty();
        int sessions = 4;
        Optional<Long> limitBytes = Optional.of(256 * MIB);
        DatabaseObservation.MemorySettings memory = new DatabaseObservation.MemorySettings(32 * MIB, MIB, 8 * MIB, 3);
        long oid = 16_400;
        String service = "vikunja";
        String name = "vikunja";
        long sizeBytes = 100 * MIB;
        Optional<Integer> limit = Optional.of(50);
        int counted = 2;
        long idAge = 1_000_000;
        long deadlocks = 7;
        Upkeep.PageFailures failures = Upkeep.PageFailures.NONE;
        Upkeep.PageFailures sharedFailures = Upkeep.PageFailures.NONE;
        boolean checksums = true;
        WalArchive archive = WalArchive.OFF;
        final List<Upkeep.Slot> slots = new ArrayList<>();
        final List<Upkeep.Prepared> prepared = new ArrayList<>();
        Optional<Instant> enrolledAt = Optional.of(NOON.minus(Duration.ofDays(30)));
        Optional<Instant> passwordSetAt = Optional.empty();
        Optional<Instant> lastSession = Optional.of(NOON);
        Instant watchedSince = NOON.minus(Duration.ofDays(20));
        final List<DatabaseObservation.Transaction> transactions = new ArrayList<>();
        final List<DatabaseObservation.Wait> waits = new ArrayList<>();
        Optional<List<DatabaseObservation.Query>> queries = Optional.empty();
        final List<DatabaseObservation.Presence> present = new ArrayList<>();
        double notifyShare;
        Optional<ServerProcessCrash> crash = Optional.empty();
        Restarts reported = Restarts.NONE;
        String ourAddress = "172.18.0.9";
        ServerLog log = new ServerLog(ServerLog.PREFIX, true, Optional.of(Duration.ofSeconds(5)));

        private Upkeep upkeep() {
            return new Upkeep(checksums, "/var/lib/postgresql/data", sharedFailures, archive, slots, prepared);
        }

        DatabaseObservation look() {
            DatabaseObservation.Server server = new DatabaseObservation.Server(
                    startedAt,
                    recoveredAt,
                    "15.14",
                    sessions,
                    100,
                    3,
                    notifyShare,
                    memory,
                    limitBytes,
                    lastOrder,
                    log,
                    ourAddress,
                    crash,
                    reported);
            DatabaseObservation.Database database = new DatabaseObservation.Database(
                    oid,
                    service,
                    name,
                    "vikunja",
                    enrolledAt,
                    passwordSetAt,
                    sizeBytes,
                    lastSession.equals(Optional.of(at)) ? 1 : 0,
                    limit,
                    counted,
                    idAge,
                    deadlocks,
                    failures,
                    lastSession,
                    watchedSince);
            return new DatabaseObservation(
                    at, CONSOLE, server, List.of(database), transactions, waits, queries, present, upkeep());
        }
    }

    static DatabaseObservation.Session session(int pid) {
        return new DatabaseObservation.Session(pid, "vikunja", "web-1", "172.18.0.5");
    }

    static HostObservation host(Instant at, long freePercent) {
        HostObservation.Disk disk = new HostObservation.Disk(
                "/backups", List.of("backups", "state"), 100 * MIB, freePercent * MIB, Optional.empty());
        return new HostObservation(at, List.of(disk), Optional.empty(), "", 0, Map.of(), Optional.empty());
    }

    static MetricRule<DatabaseObservation> rule(MetricRule<DatabaseObservation> rule, String warn, String critical) {
        rule.use(WrittenLevels.of(warn, critical));
        return rule;
    }

    static String words(Condition condition) {
        return condition.severity().orElseThrow().word() + " " + condition.key() + " " + condition.reason();
    }
}
