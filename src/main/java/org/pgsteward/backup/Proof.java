package org.pgsteward.backup;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.regex.Pattern;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupKind;
import org.pgsteward.model.BackupState;
import org.pgsteward.postgres.ClientProgram;
import org.pgsteward.postgres.Programs;
import org.pgsteward.postgres.ThrowawayCluster;
import org.pgsteward.postgres.UnprivilegedUser;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Proves a backup by restoring it.
 *
 * <ol>
 *   <li>A scratch cluster of the server's major version, reachable by a socket in a private folder only.
 *   <li>Its administrator makes the roles, an empty database like the source and the extensions that only he may make, and
 *       nothing else.
 *   <li>Everything in the dump is restored over a connection that <em>logs in</em> as the role. A dump is hostile input:
 *       what it holds runs while it is restored, and must not run as a superuser, who can start programs.
 *   <li>The file is hashed while it is read; an error of {@code pg_restore}, a hash or a row count that differs fails the
 *       proof. What only a superuser could restore, or this host cannot, leaves it open, with the reason.
 * </ol>
 */
public final class Proof {
    private static final Logger LOG = LoggerFactory.getLogger(Proof.class);

    private static final String ADMINISTRATOR = "pgsteward_proof";
    /** Bytes: ten thousand roles are some three million. */
    private static final long LARGEST_GLOBALS = 16L * 1024 * 1024;

    /** Longer than it takes another process to unpack the largest of base backups, at which no server is at work yet. */
    private static final Duration ABANDONED = Duration.ofDays(1);

    private static final String COUNTER = "pgsteward_count";

    /** PostgreSQL's words where a plain role may not; its messages are untranslated in a cluster of locale C. */
    private static final Pattern WANTS_MORE_RIGHTS =
            Pattern.compile("permission denied|must be superuser|must be owner|must have privileges|[Oo]nly superuser"
                    + "|password is required|query would be affected by row-level security");

    /** Of what says more about this host than about the backup. */
    private static final Pattern THIS_HOSTS =
            Pattern.compile("No space left on device|Disk quota exceeded|out of memory"
                    + "|server closed the connection|no connection to the server|could not connect to server"
                    + "|could not create locale|could not access file|could not load library"
                    + "|extension \".*\" is not available");

    private final Store store;
    private final Path scratch;
    private final Optional<Path> bindir;
    private final UnprivilegedUser user;
    private final Clock clock;

    public Proof(Store store, Path scratch, Optional<Path> bindir, UnprivilegedUser user, Clock clock) {
        this.store = store;
        this.scratch = scratch;
        this.bindir = bindir;
        this.user = user;
        this.clock = clock;
    }

    /** Restores and compares; the answer is the backup with its new state, and the reason when it is not proved. */
    public Backup prove(Backup backup) throws InterruptedException {
        long began = System.nanoTime();
        try {
            Optional<String> cannotTell =
                    attempt(backup, store.manifest(backup.path().orElseThrow()));
            return cannotTell.isPresent()
                    ? with(backup, BackupState.UNVERIFIABLE, began, cannotTell.get())
                    : with(backup, BackupState.VERIFIED, began, "");
        } catch (IOException e) {
            return with(backup, BackupState.FAILED, began, "restoring it failed: " + e.getMessage());
        }
    }

    /** @return why it cannot be told, when it cannot */
    private Optional<String> attempt(Backup backup, Manifest manifest) throws IOException, InterruptedException {
        ThrowawayCluster started;
        try {
            Programs programs = Programs.find(bindir, Integer.parseInt(manifest.clientVersion()));
            Path folder = scratch.resolve(UUID.randomUUID().toString());
            user.enterable(scratch);
            ThrowawayCluster.removeAbandoned(scratch, ABANDONED, clock.instant());
            started = ThrowawayCluster.start(
                    programs, user, folder, ThrowawayCluster.Plan.forProof(ADMINISTRATOR, scratch));
        } catch (IOException e) {
            // This host's trouble says nothing of the backup.
            return Optional.of("no scratch cluster can be started here: " + e.getMessage());
        }
        try (ThrowawayCluster cluster = started) {
            Optional<String> cannotTell = restore(backup, manifest, cluster);
            if (cannotTell.isEmpty()) {
                compareRows(manifest, cluster, backup.kind());
            }
            return cannotTell;
        }
    }

    /** @return why it cannot be told, when it cannot */
    private Optional<String> restore(Backup backup, Manifest manifest, ThrowawayCluster cluster)
            throws IOException, InterruptedException {
        cluster.sql("postgres", "CREATE ROLE " + COUNTER + " LOGIN BYPASSRLS IN ROLE pg_read_all_data;");
        if (backup.kind() == BackupKind.GLOBALS) {
            return globals(new StoredFile(store.resolve(backup.path().orElseThrow()), manifest), cluster);
        }
        ScratchDatabase database;
        try {
            database = ScratchDatabase.make(cluster, manifest);
        } catch (ScratchDatabase.Unlike e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
        try {
            StoredFile file = new StoredFile(store.resolve(backup.path().orElseThrow()), manifest);
            RestorePlan plan = RestorePlan.of(contents(file, cluster), database.schemas());
            if (!plan.leftOut().isEmpty()) {
                LOG.info("{}: left to an administrator, in a restore too: {}", backup.id(), plan.leftOut());
            }
            Path list = Files.writeString(
                    cluster.data().resolve("pgsteward.use-list"), plan.list(), StandardOpenOption.CREATE_NEW);
            Files.setPosixFilePermissions(list, PosixFilePermissions.fromString("rw-r--r--"));
            List<String> asTheOwner = cluster.client(
                    "pg_restore",
                    manifest.owner(),
                    ScratchDatabase.NAME,
                    "--exit-on-error",
                    "--use-list=" + list,
                    "--no-owner",
                    "--no-privileges",
                    "--no-tablespaces",
                    "--no-security-labels",
                    "--no-publications",
                    "--no-subscriptions");
            stream(backup, manifest, asTheOwner, cluster);
        } catch (IOException e) {
            String said = String.valueOf(e.getMessage());
            if (WANTS_MORE_RIGHTS.matcher(said).find()) {
                return Optional.of("it holds what only a superuser may restore, which a proof never is: " + said);
            }
            if (THIS_HOSTS.matcher(said).find()) {
                return Optional.of("this host could not restore it: " + said + lastWords(cluster));
            }
            if (database.caveat().isPresent() && said.contains("pg_restore")) {
                return Optional.of(database.caveat().get() + ", without which restoring it failed: " + said);
            }
            throw e;
        }
        return Optional.empty();
    }

    /** Why the scratch server ended, if it did and said so. */
    private static String lastWords(ThrowawayCluster cluster) {
        List<String> words =
                cluster.log().lines().filter(line -> line.contains("PANIC: ")).toList();
        return words.isEmpty() ? "" : " (" + words.get(words.size() - 1) + ")";
    }

    /** It is whole, and its hash is right, before a statement of it is run. */
    private static Optional<String> globals(StoredFile file, ThrowawayCluster cluster)
            throws IOException, InterruptedException {
        Path read = cluster.data().resolve("pgsteward.globals");
        List<String> copy = List.of("dd", "of=" + read, "status=none");
        try (ClientProgram program = ClientProgram.start(cluster.user(), copy, Map.of())) {
            file.pourInto(program);
        }
        if (Files.size(read) > LARGEST_GLOBALS) {
            return Optional.of(
                    "it is " + Files.size(read) + " bytes, and roles are never more than " + LARGEST_GLOBALS);
        }
        List<String> statements;
        try {
            statements = GlobalsScript.statements(
                    Files.readString(read, StandardCharsets.ISO_8859_1), Set.of(ADMINISTRATOR, COUNTER));
        } catch (GlobalsScript.Refused e) {
            return Optional.of("not all of it is run where backups are proved: " + e.getMessage());
        }
        Files.writeString(read, String.join(";\n", statements) + ";\n", StandardCharsets.ISO_8859_1);
        ClientProgram.run(
                cluster.user(),
                cluster.client(
                        "psql",
                        ADMINISTRATOR,
                        "postgres",
                        "--no-psqlrc",
                        "--quiet",
                        "--output=/dev/null",
                        "--set=ON_ERROR_STOP=1",
                        "--file=" + read),
                Map.of(),
                "");
        return Optional.empty();
    }

    /** What {@code pg_restore --list} says; it goes by a file, since the program reads and writes at once. */
    private static String contents(StoredFile file, ThrowawayCluster cluster) throws IOException, InterruptedException {
        Path list = cluster.data().resolve("pgsteward.list");
        List<String> command = List.of(cluster.program("pg_restore"), "--list", "--file=" + list);
        try (ClientProgram program = ClientProgram.start(cluster.user(), command, Map.of())) {
            file.beginPouringInto(program);
        }
        return Files.readString(list);
    }

    private void stream(Backup backup, Manifest manifest, List<String> command, ThrowawayCluster cluster)
            throws IOException, InterruptedException {
        try (ClientProgram program = ClientProgram.start(cluster.user(), command, Map.of())) {
            new StoredFile(store.resolve(backup.path().orElseThrow()), manifest).pourInto(program);
        }
    }

    private static void compareRows(Manifest manifest, ThrowawayCluster cluster, BackupKind kind)
            throws IOException, InterruptedException {
        if (kind == BackupKind.GLOBALS) {
            compare(
                    manifest,
                    List.of("pg_catalog.pg_roles"),
                    cluster.sql(
                            "postgres",
                            "SELECT 0, count(*) FROM pg_catalog.pg_roles WHERE rolname !~ '^pg_' AND rolname NOT IN ('"
                                    + ADMINISTRATOR + "', '" + COUNTER + "');"));
            return;
        }
        List<String> tables = List.copyOf(new TreeSet<>(manifest.rows().keySet()));
        // The owner may have put a function of his own, called count, before the catalog's.
        StringBuilder counting = new StringBuilder("SET search_path = pg_catalog;\n");
        for (int i = 0; i < tables.size(); i++) {
            counting.append("SELECT ")
                    .append(i)
                    .append(", count(*) FROM ONLY ")
                    .append(tables.get(i))
                    .append(";\n");
        }
        compare(manifest, tables, cluster.sqlAs(COUNTER, ScratchDatabase.NAME, counting.toString()));
    }

    private static void compare(Manifest manifest, List<String> tables, String printed) throws IOException {
        List<String> differing = new ArrayList<>();
        List<String> lines = printed.lines().filter(line -> !line.isBlank()).toList();
        if (lines.size() != tables.size()) {
            throw new IOException(lines.size() + " of " + tables.size() + " tables could be counted");
        }
        for (String line : lines) {
            int bar = line.indexOf('|');
            String table = tables.get(Integer.parseInt(line.substring(0, bar)));
            long restored = Long.parseLong(line.substring(bar + 1));
            long dumped = manifest.rows().getOrDefault(table, -1L);
            if (restored != dumped) {
                differing.add(table + " has " + restored + " rows, not " + dumped);
            }
        }
        if (!differing.isEmpty()) {
            throw new IOException(String.join("; ", differing));
        }
    }

    private Backup with(Backup backup, BackupState state, long began, String error) {
        return backup.judged(state, clock.instant(), Duration.ofNanos(System.nanoTime() - began), error);
    }
}
