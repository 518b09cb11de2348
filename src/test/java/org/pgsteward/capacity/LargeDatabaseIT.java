package org.pgsteward.capacity;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.pgsteward.backup.copy.ends.Client;
import org.pgsteward.postgres.NeedsPostgres;

/**
 * Large databases in the shipped heap. These tests take minutes, so no build runs them, only {@code src/bench/soak}.
 */
@Tag("soak")
@ExtendWith(NeedsPostgres.Condition.class)
@Timeout(value = 1, unit = TimeUnit.HOURS)
class LargeDatabaseIT {
    private static final long MIB = 1 << 20;

    @Test
    void verifiesTwoGigabytesInTheShippedHeap() throws Exception {
        String[] statements = new String[42];
        statements[0] = "CREATE TABLE public.big (id bigint PRIMARY KEY, text text)";
        for (int piece = 0; piece < 40; piece++) {
            // The rows are ordinary text: numbers, repeated words and hashes. Several statements insert them, because a
            // statement has a time limit.
            statements[piece + 1] = "INSERT INTO public.big SELECT n, repeat('some words that come again, ', 4)"
                    + " || md5(n::text) || md5((n * 7)::text) || md5((n * 13)::text)"
                    + " FROM generate_series(%d, %d) AS n".formatted(piece * 200_000 + 1, (piece + 1) * 200_000);
        }
        statements[41] = "DO $$ BEGIN ASSERT pg_database_size(current_database()) > 2000000000; END $$";
        verified("2 GB", statements);
    }

    @Test
    void verifiesTwentyThousandTablesInTheShippedHeap() throws Exception {
        String[] statements = new String[201];
        for (int piece = 0; piece < 200; piece++) {
            // Several statements create the tables, because each new table takes locks until its transaction ends.
            statements[piece] = ("DO $$ BEGIN FOR i IN %d..%d LOOP EXECUTE format('CREATE TABLE public.table_%%s"
                            + " (id integer PRIMARY KEY, note text)', i); END LOOP; END $$")
                    .formatted(piece * 100 + 1, piece * 100 + 100);
        }
        statements[200] = "INSERT INTO public.table_20000 VALUES (1, 'one')";
        verified("20,000 tables", statements);
    }

    /** Each kind of target in a daemon of its own, so that the peaks are apart. Random bytes do not shrink in the dump. */
    @Test
    void copiesTwoGigabytesInTheShippedHeap() throws Exception {
        Client.need("rclone", "rclone");
        Client.need("restic", "restic");
        try (ManyServices many = ManyServices.start(1)) {
            many.startDaemon();
            many.awaitServices();
            for (int piece = 0; piece < 40; piece++) {
                many.host()
                        .cluster()
                        .run(
                                "service001",
                                "CREATE TABLE public.blobs_%d AS SELECT pg_read_binary_file('/dev/urandom', 0, 1048576)"
                                                .formatted(piece)
                                        + " AS bytes FROM generate_series(1, 50)",
                                "ALTER TABLE public.blobs_%d OWNER TO service001".formatted(piece));
            }
            assertThat(many.ask("{\"backup\":[\"service001\"]}", Duration.ofMinutes(50)))
                    .contains("\"state\":\"verified\"");
            Path places = Files.createDirectory(many.host().folder().resolve("places"));
            copied(many, "folder", Map.of("DIR", folder(places, "folder").toString()));
            copied(
                    many,
                    "rclone",
                    Map.of(
                            "REMOTE",
                            "here:" + folder(places, "rclone"),
                            "CONFIG_FILE",
                            Files.writeString(places.resolve("rclone.conf"), "[here]\ntype = local\n")
                                    .toString()));
            Path password = Files.writeString(places.resolve("password"), "one");
            Client.restic(places.resolve("restic").toString(), "one", List.of(), Map.of(), "init")
                    .done();
            Map<String, String> restic =
                    Map.of("REPOSITORY", places.resolve("restic").toString(), "PASSWORD_FILE", password.toString());
            copied(many, "restic", restic);
        }
    }

    private static Path folder(Path parent, String name) throws IOException {
        return Files.createDirectory(parent.resolve(name));
    }

    private static void copied(ManyServices many, String kind, Map<String, String> settings) throws Exception {
        many.stopDaemon();
        String prefix = "PGSTEWARD_COPY_" + kind.toUpperCase(Locale.ROOT) + "_";
        settings.forEach((name, value) -> many.host().environment().put(prefix + name, value));
        many.startDaemon();
        many.awaitRows(
                "copies of the dump",
                1,
                "SELECT count(*) FROM public.backup_copy WHERE service_name = 'service001' AND state = 'there'"
                        + " AND size_bytes > 2000000000 AND target = '" + kind + "'");
        Measures measures = many.measures();
        System.out.printf(
                Locale.ROOT,
                "%nsoak: 2 GB copied to %s: heap %.1f MiB (after collections %.1f), direct %.1f MiB, resident %.1f MiB%n",
                kind,
                measures.heap() / (double) MIB,
                measures.heapAfterCollection() / (double) MIB,
                measures.direct() / (double) MIB,
                measures.resident() / (double) MIB);
        assertThat(measures.direct()).as("direct memory").isLessThan(8 * MIB);
        assertThat(measures.resident()).as("resident memory").isLessThan(260 * MIB);
        settings.keySet().forEach(name -> many.host().environment().remove(prefix + name));
    }

    private static void verified(String name, String... statements) throws Exception {
        try (ManyServices many = ManyServices.start(1)) {
            many.startDaemon();
            many.awaitServices();
            String[] all = new String[statements.length + 1];
            all[0] = "SET ROLE service001";
            System.arraycopy(statements, 0, all, 1, statements.length);
            many.host().cluster().run("service001", all);
            long began = System.nanoTime();
            String answer = many.ask("{\"backup\":[\"service001\"]}", Duration.ofMinutes(50));
            Measures measures = many.measures();
            System.out.printf(
                    Locale.ROOT,
                    "%nsoak: %s: backed up and verified in %.0f s; heap %.1f MiB (after collections %.1f), direct %.1f"
                            + " MiB, resident %.1f MiB%n",
                    name,
                    ManyServices.since(began).toMillis() / 1000.0,
                    measures.heap() / (double) MIB,
                    measures.heapAfterCollection() / (double) MIB,
                    measures.direct() / (double) MIB,
                    measures.resident() / (double) MIB);
            assertThat(answer).contains("\"state\":\"verified\"");
            assertThat(measures.direct()).as("direct memory").isLessThan(8 * MIB);
            assertThat(measures.resident()).as("resident memory").isLessThan(260 * MIB);
        }
    }
}
