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
 * When silence of the shared PostgreSQL is news: after so many failed probes in a row; one good one ends it.
 *
 * @param failures probes in a row that it takes, at least 1
 */
record PostgresRule(int failures) {
    /**
     * Looks in a row that count for nothing because the host had no processor for us: the next one comes in seconds. A
     * server that is really away is then reported a minute or two later.
     */
    private static final int MOST_EXCUSED = 6;

    PostgresRule {
        if (failures < 1) {
            throw new IllegalArgumentException("failures is " + failures + ": at least 1 probe has to fail");
        }
    }

    /**
     * Failed probes up to now.
     *
     * @param count in a row
     * @param since when the first of them was
     * @param excused in a row, which do not count
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
                + (reading.refused() ? " has not let pgsteward in since " : " has not answered since ")
                + misses.since().truncatedTo(ChronoUnit.SECONDS) + " (" + misses.count() + " probes in " + seconds
                + " s): " + error;
        if (reading.refused()) {
            // It may well serve everybody else, but nobody looks after it any more.
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
        String remedy =
                "docker ps -a --filter volume=/var/lib/postgresql/data\ndocker logs --tail 50 " + PostgresServer.SERVICE
                        + "\ndocker start " + PostgresServer.SERVICE + "  # or the name that the first line shows";
        return Condition.bad(
                        Severity.CRITICAL, PostgresServer.DOWN, PostgresServer.SERVICE, reason, remedy, reading.at())
                .with(figures)
                .since(misses.since());
    }
}
