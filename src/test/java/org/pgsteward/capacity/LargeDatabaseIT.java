package org.pgsteward.capacity;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
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
