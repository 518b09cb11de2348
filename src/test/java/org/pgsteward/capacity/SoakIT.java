package org.pgsteward.capacity;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.pgsteward.postgres.NeedsPostgres;

/**
 * A daemon that runs 300 nights one after another. The test takes half an hour, so no build runs it, only {@code
 * src/bench/soak}.
 */
@Tag("soak")
@ExtendWith(NeedsPostgres.Condition.class)
@Timeout(value = 3, unit = TimeUnit.HOURS)
class SoakIT {
    private static final int NIGHTS = Integer.getInteger("soak.nights", 300);

    /** The time limit in minutes. The test ends after the night in which it is exceeded. */
    private static final int MINUTES = Integer.getInteger("soak.minutes", 120);

    private static final long MIB = 1 << 20;

    private static final String VERIFIED = "SELECT count(*) FROM public.backup_log WHERE backup_type = 'dump'"
            + " AND state = 'verified' AND started_at > now() - interval '1 day'";

    /** The figures of the daemon between two nights. */
    private record Stand(int night, Measures measures, long files, long temporary) {
        String line() {
            return String.format(
                    Locale.ROOT,
                    "%5d %10.1f %10.1f %10.1f %8d %8d %8d %8d%n",
                    night,
                    measures.keptNow() / (double) MIB,
                    measures.directNow() / (double) MIB,
                    measures.resident() / (double) MIB,
                    measures.threads(),
                    measures.files(),
                    files,
                    temporary);
        }
    }

    @Test
    void threeHundredNightsTakeNoMoreThanThirty() throws Exception {
        List<Stand> stands = new ArrayList<>();
        try (ManyServices many = ManyServices.start(1)) {
            many.host().environment().put("PGSTEWARD_BACKUP_KEEP", "last=3");
            many.startDaemon();
            many.awaitServices();
            many.write();
            many.stopDaemon();
            many.startDaemon("* * * * * ?");
            long databases = many.number("SELECT count(*) FROM pg_database WHERE datallowconn AND NOT datistemplate");
            long began = System.nanoTime();
            for (int night = 1; night <= NIGHTS; night++) {
                many.awaitRows("verified in night " + night, databases, VERIFIED);
                many.awaitRows(
                        "sets that are closed",
                        0,
                        "SELECT count(*) FROM public.backup_log WHERE state IN ('running', 'made')");
                boolean isOver = ManyServices.since(began).toMinutes() >= MINUTES;
                if (night % 30 == 0 || isOver) {
                    stands.add(stand(night, many));
                    System.out.print(stands.get(stands.size() - 1).line());
                }
                if (isOver) {
                    break;
                }
                aDayPasses(many);
            }
            assertThat(many.number("SELECT count(*) FROM public.backup_log WHERE state IN ('failed', 'unverifiable')"))
                    .isZero();
        }
        System.out.printf(
                "%nsoak: %d nights of %d%n%5s %10s %10s %10s %8s %8s %8s %8s%n",
                stands.get(stands.size() - 1).night(),
                NIGHTS,
                "night",
                "heap",
                "direct",
                "resident",
                "threads",
                "handles",
                "files",
                "in /tmp");
        stands.forEach(stand -> System.out.print(stand.line()));
        Stand first = stands.get(0);
        Stand last = stands.get(stands.size() - 1);
        assertThat(last.measures().keptNow())
                .as("heap")
                .isLessThan(first.measures().keptNow() + 6 * MIB);
        assertThat(last.measures().directNow()).as("direct memory").isLessThan(2 * MIB);
        assertThat(last.measures().resident())
                .as("resident memory")
                .isLessThan(first.measures().resident() + 24 * MIB);
        assertThat(last.measures().threads())
                .as("threads")
                .isLessThanOrEqualTo(first.measures().threads() + 6);
        assertThat(last.measures().files())
                .as("file handles")
                .isLessThanOrEqualTo(first.measures().files() + 10);
        assertThat(last.temporary()).as("folders in /tmp").isLessThanOrEqualTo(first.temporary() + 2);
        // pgsteward keeps the documents of a month's backup sets.
        assertThat(last.files()).as("files of the state and the store").isLessThan(first.files() + NIGHTS + 60);
    }

    /** Makes all rows of the journal a day older, so that every backup is due. */
    private static void aDayPasses(ManyServices many) throws Exception {
        many.host()
                .cluster()
                .run(
                        "homelab",
                        "UPDATE public.backup_log SET started_at = started_at - interval '1 day',"
                                + " finished_at = finished_at - interval '1 day',"
                                + " verified_at = verified_at - interval '1 day'");
    }

    private static Stand stand(int night, ManyServices many) throws Exception {
        return new Stand(
                night,
                many.collected(),
                files(many.host().folder().resolve("state")) + files(many.host().store()),
                temporary());
    }

    private static long files(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(Files::isRegularFile)
                    .filter(file -> !file.toString().contains("/scratch/"))
                    .count();
        }
    }

    /** Returns the number of folders that pgsteward created in {@code /tmp} for sockets and logins. */
    private static long temporary() throws IOException {
        try (Stream<Path> entries = Files.list(Path.of("/tmp"))) {
            return entries.filter(entry -> entry.getFileName().toString().matches("pgsteward-\\d+"))
                    .count();
        }
    }
}
