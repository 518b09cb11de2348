package org.pgsteward.backup;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.pgsteward.postgres.Programs;
import org.pgsteward.postgres.Quote;
import org.pgsteward.postgres.Server;
import org.pgsteward.postgres.TestCluster;

/**
 * The content of a database as {@code pg_dump} writes it, without pgsteward: the lines without their order, and for
 * each table the number of rows and a hash that is independent of their order.
 */
record CorpusDump(List<String> lines, Map<String, String> rows) {
    /**
     * Lines that are ignored: comments, settings of the session that reads the script, and the transaction around
     * the large objects of one owner.
     */
    private static final Pattern SESSION = Pattern.compile(
            "--.*|\\s*|BEGIN;|COMMIT;|\\\\(?:un)?restrict .*|\\\\connect .*|\\\\encoding .*"
                    + "|SET (?!default_tablespace)\\w+ = .*|SELECT pg_catalog\\.set_config\\('search_path', '', false\\);");

    /** Settings that {@code pg_dump} takes from its session. One of the two databases may have other values. */
    private static final String FORMS = " -c bytea_output=hex -c extra_float_digits=1 -c TimeZone=UTC";

    /**
     * Dumps a database.
     *
     * @param whole whether to include the settings and privileges of the database itself. {@code pg_dump} does not
     *     write them for a name with a line break.
     */
    static CorpusDump of(TestCluster cluster, Programs programs, String database, boolean whole)
            throws IOException, InterruptedException, SQLException {
        List<String> command = new ArrayList<>(List.of(
                programs.path("pg_dump").toString(),
                "--quote-all-identifiers",
                // A client encoding that is set on only one of the two databases must not change the text.
                "--encoding=" + encoding(cluster, database),
                "--dbname=" + Quote.conninfo(database)));
        if (whole) {
            command.add("--create");
        }
        ProcessBuilder dump = new ProcessBuilder(command);
        dump.environment().putAll(Contents.environment(cluster));
        dump.environment().put("PGOPTIONS", Server.ownSettings(programs.major()) + FORMS);
        Process process = dump.redirectError(ProcessBuilder.Redirect.DISCARD).start();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        if (process.waitFor() != 0) {
            throw new IOException("pg_dump of " + database + " failed");
        }
        return of(text, new String(database.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1));
    }

    private static String encoding(TestCluster cluster, String database) throws SQLException {
        return Contents.rows(
                        cluster.server(),
                        "homelab",
                        "SELECT pg_encoding_to_char(encoding) FROM pg_database WHERE datname = "
                                + Quote.literal(database))
                .get(0);
    }

    private static CorpusDump of(String text, String database) {
        String name = Quote.identifier(database);
        List<String> lines = new ArrayList<>();
        Map<String, Integer> counts = new HashMap<>();
        Map<String, Integer> hashes = new HashMap<>();
        String table = "";
        for (String line : text.lines().toList()) {
            if (!table.isEmpty()) {
                if (line.equals("\\.")) {
                    table = "";
                } else {
                    counts.merge(table, 1, Integer::sum);
                    hashes.merge(table, line.hashCode(), Integer::sum);
                }
                continue;
            }
            if (line.startsWith("COPY ")) {
                table = line;
            }
            if (!SESSION.matcher(line).matches()) {
                lines.add(line.contains(" DATABASE ") ? line.replace(name, "\"@\"") : line);
            }
        }
        Map<String, String> rows = new TreeMap<>();
        counts.forEach((copied, count) -> rows.put(copied, count + " " + hashes.get(copied)));
        return new CorpusDump(lines, rows);
    }

    /** Returns the lines that occur more often in this dump than in the other one. */
    List<String> notIn(CorpusDump other) {
        List<String> missing = new ArrayList<>(lines);
        Map<String, Integer> there = new HashMap<>();
        other.lines.forEach(line -> there.merge(line, 1, Integer::sum));
        missing.removeIf(line -> there.merge(line, -1, Integer::sum) >= 0);
        return missing;
    }
}
