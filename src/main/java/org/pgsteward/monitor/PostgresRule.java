package org.pgsteward.monitor;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.pgsteward.model.Condition;
import org.pgsteward.model.PostgresServer;
import org.pgsteward.model.Severity;
import org.pgsteward.postgres.NoConnection;

/**
 * Decides when the silence of the shared PostgreSQL is an alert: after a number of failed probes in a row. One success
 * resolves it.
 *
 * @param failures the number of failed probes in a row that an alert takes, at least 1
 */
record PostgresRule(int failures) {
    /**
     * The maximum number of failed probes in a row that do not count because the host had no processor for pgsteward.
     * The next probe comes within seconds. So a server that is really unavailable is reported a minute or two later.
     */
    private static final int MOST_EXCUSED = 6;

    PostgresRule {
        if (failures < 1) {
            throw new IllegalArgumentException("failures is " + failures + ": it must be at least 1");
        }
    }

    /**
     * The failed probes up to now.
     *
     * @param count the number in a row
     * @param since the time of the first of them
     * @param excused the number in a row that do not count
     */
    record Misses(int count, Instant since, int excused) {
        static final Misses NONE = new Misses(0, Instant.EPOCH, 0);
    }

    /** @param condition empty while it is undecided */
    record Judged(Optional<Condition> condition, Misses misses) {}

    Judged judge(PostgresReading reading, Misses before) {
        if (reading.error().isEmpty()) {
            Condition well = Condition.well(
                    PostgresServer.DOWN, PostgresServer.SERVICE, reading.server() + " answers", reading.at());
            return new Judged(Optional.of(well), Misses.NONE);
        }
        if (reading.load().explains() && before.excused() < MOST_EXCUSED) {
            return new Judged(Optional.empty(), new Misses(before.count(), before.since(), before.excused() + 1));
        }
        Misses now =
                new Misses(before.count() + 1, before.count() == 0 ? reading.at() : before.since(), before.excused());
        if (now.count() < failures) {
            return new Judged(Optional.empty(), now);
        }
        return new Judged(Optional.of(silent(reading, reading.error().get(), now)), now);
    }

    private static Condition silent(PostgresReading reading, String error, Misses misses) {
        long seconds = Duration.between(misses.since(), reading.at()).toSeconds();
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("server", reading.server());
        figures.put("failedProbes", misses.count());
        figures.put("silentSeconds", seconds);
        String reason = reading.server()
                + (reading.refused() ? " has refused pgsteward's login since " : " has not answered since ")
                + misses.since().truncatedTo(ChronoUnit.SECONDS) + " (" + misses.count() + " probes in " + seconds
                + " s): " + error;
        if (reading.refused()) {
            // The server may well serve all other clients, but pgsteward does not manage it any more.
            return Condition.bad(
                            Severity.CRITICAL,
                            PostgresServer.DOWN,
                            PostgresServer.SERVICE,
                            reason,
                            NoConnection.remedy(error),
                            reading.at())
                    .with(figures)
                    .since(misses.since());
        }
        if (reading.crowd().isPresent()) {
            Crowd crowd = reading.crowd().get();
            figures.put("crowdAddress", crowd.address());
            figures.put("crowdConnections", crowd.connections());
            return Condition.bad(
                            Severity.CRITICAL,
                            PostgresServer.DOWN,
                            PostgresServer.SERVICE,
                            reason + "; " + crowd.words(),
                            crowd.remedy(),
                            reading.at())
                    .with(figures)
                    .since(misses.since());
        }
        String remedy = "docker ps -a --filter volume=/var/lib/postgresql/data --filter volume=/var/lib/postgresql"
                + "   # the name and state of its container\ndocker logs --tail 50 "
                + PostgresServer.SERVICE + "\ndocker start " + PostgresServer.SERVICE
                + "   # or the name that 'docker ps -a' shows";
        return Condition.bad(
                        Severity.CRITICAL, PostgresServer.DOWN, PostgresServer.SERVICE, reason, remedy, reading.at())
                .with(figures)
                .since(misses.since());
    }
}
