package org.pgsteward.backup.restore;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.pgsteward.model.Count;

/**
 * The tables that have another number of rows after a restore.
 *
 * @param byTable the restored and the dumped number of rows, by quoted name
 */
record RowDifferences(SortedMap<String, Difference> byTable) {
    /** The limit of tables in a message. */
    private static final int NAMED = 20;

    /**
     * The rows of one table.
     *
     * @param dumped the rows in the manifest; -1 if the manifest does not have the table
     */
    record Difference(long restored, long dumped) {}

    static RowDifferences of(Map<String, Long> dumped, Map<String, Long> restored) {
        SortedMap<String, Difference> differing = new TreeMap<>();
        restored.forEach((table, rows) -> {
            long before = dumped.getOrDefault(table, -1L);
            if (rows != before) {
                differing.put(table, new Difference(rows, before));
            }
        });
        return new RowDifferences(differing);
    }

    boolean isEmpty() {
        return byTable.isEmpty();
    }

    /** Returns the query to the restored database whose result {@link #settled(List)} takes. */
    String question() {
        return MovingPartitions.roots(List.copyOf(byTable.keySet()));
    }

    /**
     * Returns the differences that remain after {@link MovingPartitions} were compared at the root of their tree.
     *
     * @param answer the rows of {@link #question}
     */
    RowDifferences settled(List<String> answer) {
        List<String> tables = List.copyOf(byTable.keySet());
        Map<String, String> roots = new HashMap<>();
        for (String row : answer) {
            int bar = row.indexOf('|');
            if (bar > 0) {
                roots.put(tables.get(Integer.parseInt(row.substring(0, bar))), row.substring(bar + 1));
            }
        }
        return settled(roots);
    }

    /** @param roots the root of each table whose rows may have moved within their tree */
    RowDifferences settled(Map<String, String> roots) {
        Map<String, Long> missing = new HashMap<>();
        byTable.forEach((table, rows) -> {
            if (roots.containsKey(table)) {
                missing.merge(roots.getOrDefault(table, ""), rows.dumped() - rows.restored(), Long::sum);
            }
        });
        SortedMap<String, Difference> left = new TreeMap<>(byTable);
        left.keySet()
                .removeIf(table ->
                        roots.containsKey(table) && missing.getOrDefault(roots.getOrDefault(table, ""), 0L) == 0);
        return new RowDifferences(left);
    }

    /** @throws IOException if there are differences; the message names the first of them */
    void orThrow() throws IOException {
        if (byTable.isEmpty()) {
            return;
        }
        List<String> named = new ArrayList<>();
        byTable.forEach((table, rows) -> {
            if (named.size() < NAMED) {
                named.add(table + " has " + Count.words(rows.restored(), "row") + ", not "
                        + String.format(Locale.ROOT, "%,d", rows.dumped()));
            }
        });
        throw new IOException(named.stream().collect(Collectors.joining("; "))
                + (byTable.size() > NAMED ? "; and " + (byTable.size() - NAMED) + " more tables" : ""));
    }
}
