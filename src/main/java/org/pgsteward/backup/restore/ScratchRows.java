package org.pgsteward.backup.restore;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.pgsteward.backup.store.Manifest;
import org.pgsteward.model.BackupKind;
import org.pgsteward.postgres.ThrowawayCluster;

/** The rows of a backup that is restored into a scratch cluster. A separate role counts them. */
final class ScratchRows {
    private static final String COUNTER = "pgsteward_count";

    private ScratchRows() {}

    /** Creates the role that counts, before an object of a dump exists. */
    static void makeCounter(ThrowawayCluster cluster) throws IOException, InterruptedException {
        cluster.sql("postgres", "CREATE ROLE " + COUNTER + " LOGIN BYPASSRLS IN ROLE pg_read_all_data;");
    }

    /** Returns the roles that no dump may change. */
    static Set<String> roles() {
        return Set.of(ScratchRestore.ADMINISTRATOR, COUNTER);
    }

    /**
     * @throws IOException if a table has another number of rows than the manifest; the message names the first such
     *     tables
     */
    static void compare(Manifest manifest, ThrowawayCluster cluster, BackupKind kind)
            throws IOException, InterruptedException {
        if (kind == BackupKind.GLOBALS) {
            String roles = cluster.sql(
                    "postgres",
                    "SELECT 0, count(*) FROM pg_catalog.pg_roles WHERE rolname !~ '^pg_' AND rolname NOT IN ('"
                            + ScratchRestore.ADMINISTRATOR + "', '" + COUNTER + "');");
            RowDifferences.of(manifest.contents().rows(), counted(List.of("pg_catalog.pg_roles"), roles))
                    .orThrow();
            return;
        }
        RowDifferences differing = RowDifferences.of(
                manifest.contents().rows(),
                count(List.copyOf(new TreeSet<>(manifest.contents().rows().keySet())), cluster));
        if (!differing.isEmpty()) {
            String question = "SET search_path = pg_catalog;\n" + differing.question() + ";";
            String answer = cluster.sqlAs(COUNTER, ScratchDatabase.NAME, question);
            differing.settled(answer.lines().toList()).orThrow();
        }
    }

    /**
     * Returns the number of rows by table.
     *
     * @param tables names as {@code format('%I.%I')} writes them
     */
    static Map<String, Long> count(List<String> tables, ThrowawayCluster cluster)
            throws IOException, InterruptedException {
        // The owner may have created a function count, which another search_path would find before the function of
        // pg_catalog.
        StringBuilder counting = new StringBuilder("SET search_path = pg_catalog;\n" + ThrowawayCluster.TABLES_ONLY);
        for (int i = 0; i < tables.size(); i++) {
            counting.append("SELECT ")
                    .append(i)
                    .append(", count(*) FROM ONLY ")
                    .append(tables.get(i))
                    .append(";\n");
        }
        return counted(tables, cluster.sqlAs(COUNTER, ScratchDatabase.NAME, counting.toString()));
    }

    private static Map<String, Long> counted(List<String> tables, String printed) throws IOException {
        List<String> lines = printed.lines().filter(line -> !line.isBlank()).toList();
        if (lines.size() != tables.size()) {
            throw new IOException(
                    "cannot count rows: " + lines.size() + " of " + tables.size() + " tables were counted");
        }
        Map<String, Long> counted = new TreeMap<>();
        for (String line : lines) {
            int bar = line.indexOf('|');
            counted.put(tables.get(Integer.parseInt(line.substring(0, bar))), Long.parseLong(line.substring(bar + 1)));
        }
        return counted;
    }
}
