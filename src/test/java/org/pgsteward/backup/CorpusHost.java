package org.pgsteward.backup;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.pgsteward.TestHost;
import org.pgsteward.app.Wiring;
import org.pgsteward.backup.restore.Recovery;
import org.pgsteward.backup.restore.Restore;
import org.pgsteward.backup.restore.RestoreProgress;
import org.pgsteward.backup.store.Inventory;
import org.pgsteward.backup.store.RecoveryCard;
import org.pgsteward.backup.store.StoredBackup;
import org.pgsteward.camel.Pipeline;
import org.pgsteward.config.Settings;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupKind;
import org.pgsteward.model.Refusal;
import org.pgsteward.postgres.Programs;
import org.pgsteward.postgres.TestCluster;

/**
 * A server with databases of the {@link Corpus}, their backups of one night, and the ways to restore them. A
 * difference after a restore needs an explanation: a note, a missing line, or a sentence of RECOVERY.md that names
 * the loss.
 */
final class CorpusHost implements AutoCloseable {
    private static final Pattern FUNCTION = Pattern.compile("\\w+\\(\\) \\{\\n");

    private static final Pattern SHELL = Pattern.compile("(?s)```sh\\n(.*?)```");

    private final Programs programs;
    private final TestHost host;
    private final Wiring wiring;
    private final List<String> databases;
    private final Map<String, Corpus.Row> expected;
    private final Map<String, CorpusDump> were = new HashMap<>();
    private final Map<String, Backup> backups = new TreeMap<>();
    private final Map<String, String> shell;

    /**
     * Creates the databases of some files and backs them up.
     *
     * @param more settings of pgsteward
     * @param shell variables of the shell that runs the lines of RECOVERY.md
     */
    CorpusHost(Programs programs, Map<String, String> more, Map<String, String> shell, List<String> files)
            throws Exception {
        this.programs = programs;
        this.shell = shell;
        host = TestHost.start(TestCluster.start(programs));
        host.environment().putAll(more);
        Corpus.load(host.cluster(), programs, host.folder().resolve("space"), files);
        databases = Corpus.databases(host.cluster());
        expected = Corpus.expected(programs.major());
        wiring = host.wiring();
        wiring.house.order();
        try (Pipeline pipeline = wiring.backupPipeline()) {
            pipeline.start();
            for (Backup backup : wiring.asked.backUp("corpus", wiring.asked.all(BackupKind.DUMP, BackupKind.GLOBALS))) {
                backups.put(backup.kind() == BackupKind.DUMP ? backup.source().database() : backup.service(), backup);
            }
        }
    }

    /** Creates a host with encrypted backups if the program age is installed, otherwise one with plain backups. */
    static CorpusHost encrypting(Programs programs, Path keys, List<String> files) throws Exception {
        if (!Age.isInstalled()) {
            System.err.println("age is not on this machine: the corpus is backed up without encryption");
            return new CorpusHost(programs, Map.of(), Map.of(), files);
        }
        Age age = Age.keys();
        Path file = Files.writeString(keys.resolve("key.txt"), age.identity() + "\n");
        return new CorpusHost(
                programs,
                Map.of(
                        "PGSTEWARD_BACKUP_RECIPIENTS", age.recipient(),
                        "PGSTEWARD_BACKUP_IDENTITY_FILE", file.toString()),
                Map.of("AGE_KEY", file.toString()),
                files);
    }

    /** Returns the outcomes that differ from the table, and the databases without an outcome. */
    List<String> unexpected(Map<String, String> outcomes, Function<Corpus.Row, String> column) {
        List<String> unexpected = new ArrayList<>();
        outcomes.forEach((database, outcome) -> {
            String cell = expected.containsKey(database) ? column.apply(row(database)) : "no row";
            if (!outcome.equals(cell)) {
                unexpected.add(database + ": expected " + cell + ", and is " + outcome);
            }
        });
        databases.stream()
                .filter(database -> !outcomes.containsKey(database))
                .forEach(database -> unexpected.add(database + ": has no outcome"));
        return unexpected;
    }

    /**
     * Returns the state of each database's backup. The set must name each database without a backup, and a caveat
     * must name each refusal of a restore.
     */
    Map<String, String> states() throws IOException {
        Map<String, String> states = new TreeMap<>();
        for (String database : databases) {
            Backup backup = backups.get(database);
            if (backup == null) {
                boolean isNamed = wiring.backupSets.all().stream()
                        .flatMap(set -> set.missing().stream())
                        .anyMatch(missing -> missing.database().equals(database));
                states.put(database, isNamed ? "none" : "none, and its set does not name it");
            } else if (row(database).into().equals("refused")
                    && backup.error().isEmpty()
                    && backup.caveats().isEmpty()) {
                states.put(database, backup.state().word() + ", and no caveat names the refusal");
            } else {
                String state = backup.state().word();
                states.put(database, shown(database, Corpus.Row::backup, state, backup.error()));
            }
        }
        return states;
    }

    /** Returns the outcome of {@code restore --into} by database. */
    Map<String, String> into() throws Exception {
        Map<String, String> outcomes = new TreeMap<>();
        Inventory inventory = Inventory.of(wiring.store);
        for (String database : databases) {
            Optional<StoredBackup> stored =
                    Optional.ofNullable(backups.get(database)).flatMap(backup -> inventory.named(backup.id()));
            if (stored.isEmpty()) {
                outcomes.put(database, "none");
                continue;
            }
            StoredBackup backup = stored.get();
            String copy = "into_a_copy";
            try {
                Restore.Done done = wiring.restore.into(
                        new Restore.Order(backup, backup.manifest().source().owner(), copy), RestoreProgress.QUIET);
                outcomes.put(database, compared(database, host.cluster(), copy, String.join("\n", done.notes())));
                host.cluster().run("homelab", "ALTER DATABASE " + copy + " IS_TEMPLATE false", "DROP DATABASE " + copy);
            } catch (Refusal | IOException e) {
                outcomes.put(database, shown(database, Corpus.Row::into, "refused", String.valueOf(e.getMessage())));
            }
        }
        return outcomes;
    }

    /** Returns the outcome of {@code restore --all} onto an empty server, by database. */
    Map<String, String> all() throws Exception {
        try (TestCluster empty = TestCluster.start(programs)) {
            Map<String, String> environment = new HashMap<>(host.environment());
            environment.put(
                    "PGSTEWARD_POSTGRES_PORT",
                    Integer.toString(empty.server().address().port()));
            Wiring there = new Wiring(Settings.from(environment));
            there.house.order();
            Recovery.Report report = there.recovery.rebuild(RestoreProgress.QUIET, Recovery.Consent.NONE);
            Map<String, String> reasons = new HashMap<>();
            for (String line : report.missing()) {
                databases.stream()
                        .filter(database -> line.startsWith(database + ": "))
                        .forEach(database -> reasons.merge(database, line, (one, two) -> one + " / " + two));
            }
            return restored(empty, Corpus.Row::all, reasons, "");
        }
    }

    /**
     * Returns the outcome of the lines of RECOVERY.md on an empty server, by database. They run one by one as in a
     * shell.
     */
    Map<String, String> lines() throws Exception {
        List<String> blocks = blocks();
        try (TestCluster empty = TestCluster.start(programs)) {
            Map<String, String> reasons = new HashMap<>();
            failure(empty, blocks.get(0)).ifPresent(said -> reasons.put("the first block", said));
            String functions = functions(blocks.get(1));
            for (String line : statements(blocks.get(1))) {
                failure(empty, settings(blocks) + functions + line)
                        .ifPresent(said -> reasons.put(
                                databases.stream()
                                        .filter(database -> isOf(database, line))
                                        .findFirst()
                                        .orElse(line),
                                said));
            }
            Map<String, String> outcomes = restored(empty, Corpus.Row::lines, reasons, sentence("Tablespaces are"));
            // A failed line may leave a part of its database, which still counts as a failure.
            reasons.forEach(
                    (database, said) -> outcomes.put(database, shown(database, Corpus.Row::lines, "refused", said)));
            return outcomes;
        }
    }

    /**
     * Returns the outcome of the lines of RECOVERY.md for one database, by database, on a server that has the roles.
     */
    Map<String, String> beside() throws Exception {
        List<String> blocks = blocks();
        try (TestCluster other = TestCluster.start(programs)) {
            failure(other, settings(blocks) + statements(blocks.get(1)).get(0)).ifPresent(said -> {
                throw new IllegalStateException(said);
            });
            Map<String, String> outcomes = new TreeMap<>();
            for (String database : databases) {
                Optional<String> block = blocks.subList(2, blocks.size()).stream()
                        .filter(one -> isOf(database, one))
                        .findFirst();
                if (block.isEmpty()) {
                    outcomes.put(database, "none");
                    continue;
                }
                List<String> before = Corpus.databases(other);
                Optional<String> failed = failure(other, settings(blocks) + block.get());
                List<String> made = new ArrayList<>(Corpus.databases(other));
                made.removeAll(before);
                outcomes.put(
                        database,
                        failed.isPresent()
                                ? shown(database, Corpus.Row::beside, "refused", failed.get())
                                : compared(
                                        database,
                                        other,
                                        made.get(0),
                                        sentence(
                                                row(database).difference().matches("CREATE DATABASE|.*tablespace")
                                                        ? "Tablespaces are"
                                                        : "Its role has to be there. What was set")));
            }
            return outcomes;
        }
    }

    /** Returns the roles in the form of {@code pg_dumpall}, without the administrator and tablespaces. */
    static List<String> roles(TestCluster cluster, Programs programs) throws Exception {
        ProcessBuilder dump =
                new ProcessBuilder(programs.path("pg_dumpall").toString(), "--globals-only", "--no-tablespaces");
        dump.environment().putAll(Contents.environment(cluster));
        Process process = dump.start();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        return text.lines()
                .filter(line -> line.matches("(CREATE|ALTER|GRANT|COMMENT) .*")
                        && !line.matches(".* ROLE (homelab|pgsteward_).*"))
                .sorted()
                .toList();
    }

    private Map<String, String> restored(
            TestCluster there, Function<Corpus.Row, String> column, Map<String, String> reasons, String forAll)
            throws Exception {
        List<String> made = Corpus.databases(there);
        Map<String, String> outcomes = new TreeMap<>();
        for (String database : databases) {
            String reason = reasons.getOrDefault(database, forAll);
            if (!backups.containsKey(database)) {
                outcomes.put(database, "none");
            } else if (made.contains(database)) {
                outcomes.put(database, compared(database, there, database, reason));
            } else if (reason.isBlank()) {
                outcomes.put(database, "refused, and nothing names it");
            } else {
                outcomes.put(database, shown(database, column, "refused", reason));
            }
        }
        if (!roles(host.cluster(), programs).equals(roles(there, programs))) {
            outcomes.put("the roles", "differ: " + roles(there, programs));
        }
        return outcomes;
    }

    private String compared(String database, TestCluster there, String name, String reason) throws Exception {
        CorpusDump was = were.get(database);
        if (was == null) {
            was = CorpusDump.of(host.cluster(), programs, database, isWhole(database));
            were.put(database, was);
        }
        String outcome = Corpus.compared(was, CorpusDump.of(there, programs, name, isWhole(database)), row(database));
        if (outcome.equals("differs") && reason.isBlank()) {
            return "differs, and nothing names it";
        }
        return outcome.startsWith("differs ") || outcome.startsWith("differs:") ? outcome + " " + reason : outcome;
    }

    /** {@code pg_dump} does not write the settings of a database with a line break in its name. */
    private static boolean isWhole(String database) {
        return !database.contains("\n");
    }

    /** Returns the outcome, with the reason if it is not the expected one. */
    private String shown(String database, Function<Corpus.Row, String> column, String outcome, String reason) {
        return column.apply(row(database)).equals(outcome) ? outcome : outcome + ": " + reason;
    }

    private Corpus.Row row(String database) {
        return expected.getOrDefault(database, new Corpus.Row("", "", "", "", "", "", "", ""));
    }

    private List<String> blocks() throws Exception {
        List<String> blocks = new ArrayList<>();
        Matcher matcher = SHELL.matcher(Files.readString(host.store().resolve(RecoveryCard.NAME)));
        while (matcher.find()) {
            blocks.add(matcher.group(1));
        }
        return blocks;
    }

    /** Returns the line of RECOVERY.md with this beginning; empty if there is none. */
    private String sentence(String beginning) throws IOException {
        return Files.readString(host.store().resolve(RecoveryCard.NAME))
                .lines()
                .filter(line -> line.startsWith(beginning))
                .findFirst()
                .orElse("");
    }

    private static String settings(List<String> blocks) {
        return blocks.get(0).substring(0, blocks.get(0).indexOf("sha256sum"));
    }

    /**
     * Returns whether a line or block contains the path of this database's backup, so that it restores the database.
     */
    private boolean isOf(String database, String line) {
        return backups.containsKey(database)
                && backups.get(database).path().filter(line::contains).isPresent();
    }

    /** Returns the shell functions that a block defines. */
    private static String functions(String block) throws Exception {
        return statements(block).stream()
                .filter(statement -> FUNCTION.matcher(statement).lookingAt())
                .collect(Collectors.joining());
    }

    /** Splits a block into statements as a shell does. */
    private static List<String> statements(String block) throws Exception {
        List<String> statements = new ArrayList<>();
        StringBuilder statement = new StringBuilder();
        for (String line : block.split("(?<=\n)", -1)) {
            statement.append(line);
            if (!line.endsWith("\\\n") && isWhole(statement)) {
                statements.add(statement.toString());
                statement.setLength(0);
            }
        }
        return statements;
    }

    private static boolean isWhole(CharSequence statement) throws Exception {
        Process process = new ProcessBuilder("sh", "-n", "-c", statement.toString())
                .redirectErrorStream(true)
                .start();
        process.getInputStream().readAllBytes();
        return process.waitFor() == 0;
    }

    private Optional<String> failure(TestCluster there, String script) throws Exception {
        ProcessBuilder sh =
                new ProcessBuilder("sh").directory(host.store().toFile()).redirectErrorStream(true);
        sh.environment().putAll(Contents.environment(there));
        sh.environment().putAll(shell);
        sh.environment().put("PATH", programs.directory() + ":" + System.getenv("PATH"));
        Process process = sh.start();
        try (var input = process.outputWriter(StandardCharsets.UTF_8)) {
            input.write("set -e\n" + script);
        }
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return process.waitFor() == 0 ? Optional.empty() : Optional.of(said);
    }

    @Override
    public void close() throws IOException {
        host.close();
    }
}
