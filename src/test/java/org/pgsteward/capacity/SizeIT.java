package org.pgsteward.capacity;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.pgsteward.ChildJava;
import org.pgsteward.postgres.NeedsPostgres;

/**
 * One day of a host with 20 services, and one of a host with 200 services and 5,000 stored backups, in the shipped heap.
 * It prints the times and the memory of both, so that growth is visible. It asserts that every step ends well and that
 * the memory suffices, but no time.
 */
@NeedsPostgres
@Timeout(value = 90, unit = TimeUnit.MINUTES)
class SizeIT {
    private static final int FEW = Integer.getInteger("size.few", 20);

    private static final int MANY = Integer.getInteger("size.services", 200);

    /** Stored backups of each service before the night, and after it. */
    private static final int DAYS = 25;

    private static final long MIB = 1 << 20;

    /** The heap has 48 MiB. If a collection leaves more than this, the heap is nearly full. */
    private static final long MOST_HEAP = 42 * MIB;

    private static final long MOST_DIRECT = 8 * MIB;

    /** The heap, class data, compiled code, threads, and the thread that measures. */
    private static final long MOST_RESIDENT = 260 * MIB;

    @Test
    void aDayOfTwoHundredServicesIsDoneInTheShippedHeap() throws Exception {
        Map<String, String> few = day(FEW);
        Map<String, String> many = day(MANY);

        StringBuilder table = new StringBuilder("\nsize: times and memory of a day\n");
        table.append(String.format(Locale.ROOT, "%-40s %12s %12s%n", "", FEW + " services", MANY + " services"));
        few.forEach((what, value) ->
                table.append(String.format(Locale.ROOT, "%-40s %12s %12s%n", what, value, many.get(what))));
        System.out.println(table);
    }

    private static Map<String, String> day(int count) throws Exception {
        Map<String, String> took = new LinkedHashMap<>();
        try (ManyServices many = ManyServices.start(count)) {
            History.store(many, DAYS);
            many.host().environment().put("PGSTEWARD_BACKUP_KEEP", "last=" + DAYS);

            long began = System.nanoTime();
            many.startDaemon();
            // The recording has Navidrome, too, which uses no database.
            many.awaitServices();
            took.put("first start, all databases made", seconds(ManyServices.since(began)));
            many.write();
            many.stopDaemon();

            long night = System.nanoTime();
            took.put("start", seconds(many.startDaemon("0/10 * * * * ?")));
            String newest = "SELECT count(*) FROM (SELECT DISTINCT ON (service_name) state, started_at FROM"
                    + " public.backup_log WHERE service_name LIKE 'service%' ORDER BY service_name, started_at DESC) AS n"
                    + " WHERE state = 'verified' AND started_at > now() - interval '1 day'";
            many.awaitRows("verified backups of this night", count, newest);
            took.put("night: all dumped and verified", seconds(ManyServices.since(night)));
            long retention = System.nanoTime();
            many.awaitRows(
                    "expired backups",
                    count,
                    "SELECT count(*) FROM public.backup_log WHERE state = 'expired' AND service_name LIKE 'service%'");
            took.put("retention after it", seconds(ManyServices.since(retention)));
            assertThat(many.number("SELECT count(*) FROM public.backup_log WHERE state IN ('failed', 'unverifiable')"))
                    .isZero();
            assertThat(stored(many)).isEqualTo((long) DAYS * count);

            took.put("stored backups", Long.toString(stored(many)));
            began = System.nanoTime();
            assertThat(many.ask("{\"verify\":[\"service001\"]}", Duration.ofMinutes(5)))
                    .contains("\"state\":\"verified\"");
            took.put("one re-verification", seconds(ManyServices.since(began)));
            began = System.nanoTime();
            String page = many.get("/");
            took.put("status page", seconds(ManyServices.since(began)));
            took.put("status page, KiB", Long.toString(page.length() / 1024));
            assertThat(many.services()).allMatch(page::contains);
            began = System.nanoTime();
            String metrics = many.get("/observe/metrics");
            took.put("metrics", seconds(ManyServices.since(began)));
            assertThat(metrics.lines()
                            .filter(line -> line.startsWith(
                                    "pgsteward_backup_last_verified_timestamp_seconds{service=\"service")))
                    .hasSize(count);
            took.put("command status", seconds(command(many, "status", "--json")));
            took.put("command backups", seconds(command(many, "backups")));

            Measures measures = many.measures();
            took.put("heap, MiB", mebibytes(measures.heap()));
            took.put("heap after a collection, MiB", mebibytes(measures.heapAfterCollection()));
            took.put("direct memory, MiB", mebibytes(measures.direct()));
            took.put("resident, MiB", mebibytes(measures.resident()));
            took.put("threads", Integer.toString(measures.threads()));
            took.put("files", Long.toString(measures.files()));
            took.put("processor time of the daemon", seconds(Duration.ofNanos(measures.cpu())));
            assertThat(measures.heapAfterCollection())
                    .as("heap after a collection")
                    .isLessThan(MOST_HEAP);
            assertThat(measures.direct()).as("direct memory").isLessThan(MOST_DIRECT);
            assertThat(measures.resident()).as("resident memory").isLessThan(MOST_RESIDENT);
            many.stopDaemon();
        }
        return took;
    }

    private static long stored(ManyServices many) throws Exception {
        long stored = 0;
        for (String service : many.services()) {
            try (Stream<Path> files = Files.list(many.host().store().resolve(service))) {
                stored += files.filter(file -> file.toString().endsWith(".dump.zst"))
                        .count();
            }
        }
        return stored;
    }

    /** Runs a command in the shipped heap, which has to print each service. */
    private static Duration command(ManyServices many, String... arguments) throws Exception {
        List<String> command =
                new ArrayList<>(ChildJava.withOptions(Launcher.flags(), "org.pgsteward.Steward", arguments));
        Path out = many.host().folder().resolve("command.out");
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(out.toFile());
        builder.environment().keySet().removeIf(name -> name.startsWith("PGSTEWARD_"));
        builder.environment().putAll(many.host().environment());
        long began = System.nanoTime();
        Process process = builder.start();
        assertThat(process.waitFor(8, TimeUnit.MINUTES)).isTrue();
        Duration took = ManyServices.since(began);
        String printed = Files.readString(out);
        assertThat(process.exitValue()).as(printed).isLessThan(2);
        assertThat(many.services()).allMatch(printed::contains);
        return took;
    }

    private static String seconds(Duration duration) {
        return String.format(Locale.ROOT, "%.1f s", duration.toMillis() / 1000.0);
    }

    private static String mebibytes(long bytes) {
        return String.format(Locale.ROOT, "%.1f", bytes / (double) MIB);
    }
}
