package org.pgsteward.backup;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.UUID;
import java.util.regex.Pattern;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupKind;
import org.pgsteward.model.BackupState;
import org.pgsteward.postgres.ClientProgram;
import org.pgsteward.postgres.Programs;
import org.pgsteward.postgres.Quote;
import org.pgsteward.postgres.ThrowawayCluster;
import org.pgsteward.postgres.UnprivilegedUser;

/**
 * Proves a backup by restoring it.
 *
 * <ol>
 *   <li>A scratch cluster of the server's major version, reachable by a socket in a private folder only.
 *   <li>Its administrator makes the role, the empty database and the extensions that only he may make, and nothing
 *       else.
 *   <li>Everything in the dump is restored over a connection that <em>logs in</em> as the role. A dump is hostile input:
 *       what it holds runs while it is restored, and must not run as a superuser, who can start programs.
 *   <li>The file is hashed while it is read; an error of {@code pg_restore}, a hash or a row count that differs fails the
 *       proof. What only a superuser could restore, or this host cannot, leaves it open, with the reason.
 * </ol>
 */
public final class Proof {
    private static final String ADMINISTRATOR = "pgsteward_proof";
    private static final String COUNTER = "pgsteward_count";
    private static final String DATABASE = "proof";

    /** PostgreSQL's words where a plain role may not; its messages are untranslated in a cluster of locale C. */
    private static final Pattern WANTS_MORE_RIGHTS = Pattern.compile(
            "permission denied|must be superuser|must be owner|must have privileges|[Oo]nly superusers");

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
        if (backup.kind() == BackupKind.BASE) {
            return start(backup, manifest);
        }
        ThrowawayCluster started;
        try {
            Programs programs = Programs.find(bindir, Integer.parseInt(manifest.clientVersion()));
            Path folder = scratch.resolve(UUID.randomUUID().toString());
            user.enterable(scratch);
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
    private Optional<String> start(Backup backup, Manifest manifest) throws IOException, InterruptedException {
        try {
            new BaseProof(scratch, bindir, user)
                    .attempt(new StoredFile(store.resolve(backup.path().orElseThrow()), manifest), manifest);
            return Optional.empty();
        } catch (CannotTell e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }

    /** @return why it cannot be told, when it cannot */
    private Optional<String> restore(Backup backup, Manifest manifest, ThrowawayCluster cluster)
            throws IOException, InterruptedException {
        cluster.sql("postgres", "CREATE ROLE " + COUNTER + " LOGIN BYPASSRLS IN ROLE pg_read_all_data;");
        if (backup.kind() == BackupKind.GLOBALS) {
            stream(
                    backup,
                    manifest,
                    cluster.client(
                            "psql",
                            ADMINISTRATOR,
                            "postgres",
                            "--no-psqlrc",
                            "--quiet",
                            "--output=/dev/null",
                            "--set=ON_ERROR_STOP=1",
                            "--file=-"),
                    cluster);
            return Optional.empty();
        }
        String owner = Quote.identifier(manifest.owner());
        cluster.sql(
                "postgres",
                "CREATE ROLE " + owner + " LOGIN; CREATE DATABASE " + DATABASE + " OWNER " + owner
                        + " TEMPLATE template0 ENCODING 'UTF8';");
        Optional<String> missing = createExtensions(manifest, cluster);
        if (missing.isPresent()) {
            return missing;
        }
        List<String> asTheOwner = cluster.client(
                "pg_restore",
                manifest.owner(),
                DATABASE,
                "--exit-on-error",
                "--no-owner",
                "--no-privileges",
                "--no-comments",
                "--no-publications",
                "--no-subscriptions");
        try {
            stream(backup, manifest, asTheOwner, cluster);
        } catch (IOException e) {
            if (WANTS_MORE_RIGHTS.matcher(String.valueOf(e.getMessage())).find()) {
                return Optional.of(
                        "it holds what only a superuser may restore, which a proof never is: " + e.getMessage());
            }
            throw e;
        }
        return Optional.empty();
    }

    private static Optional<String> createExtensions(Manifest manifest, ThrowawayCluster cluster)
            throws IOException, InterruptedException {
        for (String extension : manifest.extensions().keySet()) {
            String name = Quote.literal(extension);
            String trusted = cluster.sql(
                    DATABASE,
                    "SELECT v.trusted FROM pg_catalog.pg_available_extensions AS e"
                            + " JOIN pg_catalog.pg_available_extension_versions AS v"
                            + " ON v.name = e.name AND v.version = e.default_version WHERE e.name = " + name + ";");
            if (trusted.isBlank()) {
                return Optional.of("extension " + extension + " is not installed where backups are proved");
            }
            // A trusted one the owner makes himself, in the schema that the dump names.
            if ("f".equals(trusted.strip())) {
                cluster.sql(DATABASE, "CREATE EXTENSION IF NOT EXISTS " + Quote.identifier(extension) + " CASCADE;");
            }
        }
        return Optional.empty();
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
        StringBuilder counting = new StringBuilder();
        for (int i = 0; i < tables.size(); i++) {
            counting.append("SELECT ")
                    .append(i)
                    .append(", count(*) FROM ONLY ")
                    .append(tables.get(i))
                    .append(";\n");
        }
        compare(manifest, tables, cluster.sqlAs(COUNTER, DATABASE, counting.toString()));
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
