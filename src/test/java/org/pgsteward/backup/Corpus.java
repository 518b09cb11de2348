package org.pgsteward.backup;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.pgsteward.postgres.Programs;
import org.pgsteward.postgres.Quote;
import org.pgsteward.postgres.TestCluster;
import org.pgsteward.postgres.UnprivilegedUser;

/**
 * The databases of {@code src/test/resources/corpus}. Each differs from the others. {@code expected.txt} in that
 * folder has a row for every database, with the expected result of each way to restore it.
 */
public final class Corpus {
    private static final Path FOLDER = Path.of("src/test/resources/corpus");

    private static final String ROLES = "00-roles.sql";

    /** The file with a thousand tables. It takes as long as half of the other files together. */
    private static final String THOUSAND = "80-thousand.sql";

    private Corpus() {}

    /**
     * The expected results for a database.
     *
     * @param majors the versions of PostgreSQL to which this row applies; empty for all
     * @param backup the state of its backup; {@code none} without a backup
     * @param into {@code same}, {@code differs}, {@code refused} or {@code none} for {@code restore --into}
     * @param all the result of {@code restore --all}
     * @param lines the result of the lines of RECOVERY.md that restore everything
     * @param beside the result of the lines of RECOVERY.md that restore this database under another name
     * @param difference a pattern that matches each differing line of the two dumps
     * @param reason the cause of a result other than {@code same}
     */
    record Row(
            String majors,
            String backup,
            String into,
            String all,
            String lines,
            String beside,
            String difference,
            String reason) {}

    /**
     * Creates the databases of some files.
     *
     * @param place the folder for their tablespace
     */
    static void load(TestCluster cluster, Programs programs, Path place, List<String> files) throws Exception {
        UnprivilegedUser.ofThisProcess().own(Files.createDirectory(place));
        for (String file : files) {
            ProcessBuilder psql = new ProcessBuilder(
                            programs.path("psql").toString(),
                            "-qX",
                            "-v",
                            "ON_ERROR_STOP=1",
                            "-v",
                            "place=" + place,
                            "-o",
                            "/dev/null",
                            "-d",
                            "postgres",
                            "-f",
                            FOLDER.resolve(file).toString())
                    .redirectErrorStream(true);
            psql.environment().putAll(Contents.environment(cluster));
            psql.environment().put("PGOPTIONS", "-c client_min_messages=error");
            Process process = psql.start();
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor()).as("%s: %s", file, said).isZero();
        }
        for (String database : databases(cluster)) {
            // pgsteward revokes this on every database that it manages.
            cluster.run("homelab", "REVOKE ALL ON DATABASE " + Quote.identifier(database) + " FROM PUBLIC");
        }
    }

    /**
     * Returns the files for a version of PostgreSQL in their order: the roles, the version's own file, and all
     * common files.
     */
    static List<String> files(int major) throws IOException {
        List<String> chosen = new ArrayList<>(List.of(ROLES, major + ".sql"));
        chosen.addAll(common());
        return chosen;
    }

    /** Returns about half of the common files. Each build has one test for each half. */
    static List<String> half(int major, boolean first) throws IOException {
        List<String> chosen = new ArrayList<>(List.of(ROLES, major + ".sql"));
        common().stream()
                .filter(file -> !file.equals(THOUSAND) && (file.compareTo("50") < 0) == first)
                .forEach(chosen::add);
        return chosen;
    }

    private static List<String> common() throws IOException {
        try (Stream<Path> files = Files.list(FOLDER)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.matches("\\d\\d-.*\\.sql") && !name.equals(ROLES))
                    .sorted()
                    .toList();
        }
    }

    public static Optional<Programs> programs(int major) {
        try {
            return Optional.of(Programs.find(Optional.empty(), major));
        } catch (IOException notHere) {
            return Optional.empty();
        }
    }

    /** Returns the names of all databases of the corpus on the server. */
    static List<String> databases(TestCluster cluster) throws SQLException {
        return Contents.rows(
                cluster.server(),
                "homelab",
                "SELECT datname FROM pg_database WHERE datname NOT IN ('template0', 'template1', 'postgres', 'homelab')"
                        + " ORDER BY datname");
    }

    /** Returns the expected results by database for a version of PostgreSQL. */
    static Map<String, Row> expected(int major) throws IOException {
        Map<String, Row> rows = new TreeMap<>();
        for (String line : Files.readAllLines(FOLDER.resolve("expected.txt"))) {
            if (line.isBlank() || line.startsWith("#")) {
                continue;
            }
            String[] cells = line.split("\\s\\|(?=\\s|$)", -1);
            assertThat(cells).as(line).hasSize(9);
            for (int i = 0; i < cells.length; i++) {
                cells[i] = cells[i].strip();
            }
            assertThat(line.contains("same | same | same | same") || !cells[8].isEmpty())
                    .as("row without a reason: %s", line)
                    .isTrue();
            if (cells[1].isEmpty() || List.of(cells[1].split(",")).contains(Integer.toString(major))) {
                String name = cells[0].replace("\\n", "\n").replace("\\\\", "\\");
                Row before = rows.put(
                        name, new Row(cells[1], cells[2], cells[3], cells[4], cells[5], cells[6], cells[7], cells[8]));
                assertThat(before).as("duplicate rows of " + name).isNull();
            }
        }
        return rows;
    }

    /** Compares two databases. Returns {@code same}, or {@code differs} with the lines that only one of them has. */
    static String compared(CorpusDump was, CorpusDump is, Row row) {
        List<String> differing = new ArrayList<>(was.notIn(is));
        differing.addAll(is.notIn(was));
        if (differing.isEmpty()) {
            return "same";
        }
        Optional<Pattern> allowed =
                row.difference().isEmpty() ? Optional.empty() : Optional.of(Pattern.compile(row.difference()));
        List<String> unexpected = differing.stream()
                .filter(line ->
                        allowed.filter(pattern -> pattern.matcher(line).find()).isEmpty())
                .limit(12)
                .toList();
        if (!was.rows().equals(is.rows())) {
            return "differs in rows: " + was.rows() + " " + is.rows();
        }
        return unexpected.isEmpty() ? "differs" : "differs: " + unexpected;
    }
}
