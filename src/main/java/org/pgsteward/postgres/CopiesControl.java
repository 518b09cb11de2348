package org.pgsteward.postgres;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The settings of a copied cluster that its control file requires. The copy needs as many prepared transactions and
 * locks as the source, since prepared transactions come back at the start. Its WAL limits must fit the segment size.
 */
record CopiesControl(int preparedTransactions, int locksPerTransaction, long segmentBytes) {
    private static final Pattern LINE = Pattern.compile("(?m)^([^:]+):\\s*(.*?)\\s*$");

    /** In megabytes; the server's own default of {@code max_wal_size}. */
    private static final long MOST_LOG = 1024;

    static CopiesControl read(Programs programs, UnprivilegedUser user, Path data)
            throws IOException, InterruptedException {
        String printed = ClientProgram.run(
                user, List.of(programs.path("pg_controldata").toString(), data.toString()), Map.of(), "");
        return of(printed);
    }

    static CopiesControl of(String printed) throws IOException {
        Map<String, String> values = new TreeMap<>();
        Matcher line = LINE.matcher(printed);
        while (line.find()) {
            values.put(line.group(1), line.group(2));
        }
        return new CopiesControl(
                (int) number(values, "max_prepared_xacts setting"),
                (int) number(values, "max_locks_per_xact setting"),
                number(values, "Bytes per WAL segment"));
    }

    private static long number(Map<String, String> values, String name) throws IOException {
        return Long.parseLong(Optional.ofNullable(values.get(name))
                .filter(value -> value.matches("\\d+"))
                .orElseThrow(() -> new IOException("the output of pg_controldata has no number for '" + name + "'")));
    }

    /** Returns the values as server settings. */
    Map<String, String> settings() {
        long segment = segmentBytes / (1024 * 1024);
        return Map.of(
                "max_prepared_transactions",
                Integer.toString(preparedTransactions),
                "max_locks_per_transaction",
                Integer.toString(locksPerTransaction),
                "min_wal_size",
                2 * segment + "MB",
                "max_wal_size",
                Math.max(MOST_LOG, 4 * segment) + "MB");
    }
}
