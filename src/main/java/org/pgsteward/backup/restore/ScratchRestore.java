package org.pgsteward.backup.restore;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.pgsteward.backup.store.AgeKeys;
import org.pgsteward.backup.store.DatabaseEnvironment;
import org.pgsteward.backup.store.Manifest;
import org.pgsteward.backup.store.ResultSettings;
import org.pgsteward.backup.store.StoredFile;
import org.pgsteward.io.BoundedFile;
import org.pgsteward.model.BackupKind;
import org.pgsteward.postgres.ClientProgram;
import org.pgsteward.postgres.ThrowawayCluster;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The restore of one backup into a scratch cluster, which shows whether the backup can be restored. {@link #run}
 * restores a stored file. {@link #prepare}, {@link #write} and {@link #finish} restore a dump while it is made.
 *
 * <ol>
 *   <li>The administrator of the cluster creates only the roles, an empty database like the source, and the extensions
 *       that need an administrator.
 *   <li>The dump is restored over a connection that <em>logs in</em> as the owner. A dump is hostile input: code in it
 *       runs while it is restored. It must not run as a superuser, who can start programs.
 *   <li>An error of {@code pg_restore} or a different row count fails the restore. If the restore needs a superuser or
 *       an object that this host lacks, the backup is unverifiable, with the reason.
 * </ol>
 */
public final class ScratchRestore implements AutoCloseable {
    /** The superuser of a scratch cluster. */
    public static final String ADMINISTRATOR = "pgsteward_proof";

    private static final Logger LOG = LoggerFactory.getLogger(ScratchRestore.class);

    private final ThrowawayCluster cluster;
    private final BackupKind kind;
    private final List<String> lost = new ArrayList<>();

    /** The reader of globals. */
    private final GlobalsVerification roles = new GlobalsVerification();

    /**
     * The program that restores a dump while it is made. It is null before {@link #prepare}, for globals, and if no
     * restore takes place.
     */
    private @Nullable ClientProgram reader;

    private String owner = "";
    private Optional<String> caveat = Optional.empty();
    private Set<String> schemas = Set.of();

    /**
     * @param cluster a cluster that contains only {@link #ADMINISTRATOR}; the caller stops it
     * @param kind a dump or globals
     */
    public ScratchRestore(ThrowawayCluster cluster, BackupKind kind) {
        this.cluster = cluster;
        this.kind = kind;
    }

    /**
     * Restores a stored file and compares its rows.
     *
     * @return the reason why this host cannot verify the backup; empty if it is verified
     * @throws IOException if the backup cannot be restored, or its contents differ from the manifest
     */
    public Optional<String> run(StoredFile file) throws IOException, InterruptedException {
        try {
            ScratchRows.makeCounter(cluster);
            Optional<String> inconclusive = kind == BackupKind.GLOBALS ? globals(file) : database(file);
            if (inconclusive.isEmpty()) {
                ScratchRows.compare(file.manifest(), cluster, kind);
            }
            return inconclusive;
        } catch (AgeKeys.NotForUs e) {
            return Optional.of(AgeKeys.NotForUs.REASON);
        } catch (IOException e) {
            return Optional.of(FailedRestore.orThrow(e, cluster, Optional.empty()));
        }
    }

    /**
     * Returns the contents that the restore leaves empty or loses, one line each. The list is complete after the end of
     * the restore.
     */
    public List<String> lost() {
        return List.copyOf(lost);
    }

    private Optional<String> globals(StoredFile file) throws IOException, InterruptedException {
        file.pourInto(roles);
        return makeRoles();
    }

    private Optional<String> makeRoles() throws IOException, InterruptedException {
        return roles.run(cluster, ADMINISTRATOR, ScratchRows.roles());
    }

    private Optional<String> database(StoredFile file) throws IOException, InterruptedException {
        Manifest manifest = file.manifest();
        ScratchDatabase database;
        try {
            database = ScratchDatabase.make(
                    cluster,
                    manifest.source().owner(),
                    manifest.contents().extensions(),
                    manifest.contents().surroundings());
        } catch (ScratchDatabase.Unlike e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
        try {
            return filled(file, database);
        } catch (AgeKeys.NotForUs e) {
            throw e;
        } catch (IOException e) {
            return Optional.of(FailedRestore.orThrow(e, cluster, database.caveat()));
        }
    }

    private Optional<String> filled(StoredFile file, ScratchDatabase database)
            throws IOException, InterruptedException {
        Manifest manifest = file.manifest();
        String contents = contents(file);
        Optional<String> stranger = ArchiveHeader.contradiction(contents, file);
        if (stranger.isPresent()) {
            throw new IOException(stranger.get());
        }
        ScratchDatabase.lendWrappers(cluster, manifest.source().owner(), Optional.of(contents));
        RestorePlan plan = RestorePlan.of(contents, database.schemas(), false);
        if (!plan.leftOut().isEmpty()) {
            LOG.info(
                    "{}: left out of the verification, as of every restore: {}",
                    manifest.identity().backupId(),
                    plan.leftOut());
        }
        ScratchSite site = new ScratchSite(cluster, manifest.source().owner());
        TableOfContents entries = new TableOfContents(site, cluster.data());
        if (!manifest.contents().surroundings().hidden().isEmpty()) {
            List<String> settings = DatabaseProperties.missing(entries, file, ScratchDatabase.NAME);
            cluster.sql("postgres", ResultSettings.onDatabase(ScratchDatabase.NAME, settings) + ";");
        }
        new OwnersRestore(site, ScratchDatabase.NAME).pour(file, plan, entries, bytes -> {});
        lost.addAll(new MaterializedViews(site, ScratchDatabase.NAME).fill(contents, List.of()));
        Optional<String> inconclusive = FailedRestore.ofThisHost(lost);
        lost.addAll(ScratchLosses.of(manifest, site));
        return inconclusive;
    }

    /**
     * Returns the output of {@code pg_restore --list}. It goes through a file, because the program reads and writes at
     * the same time.
     */
    private String contents(StoredFile file) throws IOException, InterruptedException {
        Path list = cluster.data().resolve("pgsteward.list");
        List<String> command = List.of(cluster.program("pg_restore"), "--list", "--file=" + list);
        try (ClientProgram program = ClientProgram.start(cluster.user(), command, Map.of())) {
            file.beginPouringInto(program);
        }
        return ClientProgram.text(
                BoundedFile.bytes(list, ClientProgram.MOST_PRINTED), TableOfContents.charset(file), "pg_restore");
    }

    /**
     * Prepares the cluster for a dump that is restored while it is made: creates the roles, the database and all
     * extensions. Such a dump is read once, so no entry can be left out. A statement for an existing object, or for an
     * object of the administrator, fails without an effect on the others.
     *
     * @param role the owner of the database
     * @param extensions the extensions of the database, with their versions
     * @return the reason why this host cannot verify the dump, after which no bytes must be written; empty if the
     *     restore can begin
     */
    public Optional<String> prepare(String role, Map<String, String> extensions, DatabaseEnvironment surroundings)
            throws IOException, InterruptedException {
        owner = role;
        ScratchRows.makeCounter(cluster);
        if (kind == BackupKind.GLOBALS) {
            return Optional.empty();
        }
        try {
            ScratchDatabase database = ScratchDatabase.make(cluster, role, extensions, surroundings);
            ScratchDatabase.lendWrappers(cluster, role, Optional.empty());
            caveat = database.caveat();
            schemas = database.schemas();
            reader = ClientProgram.start(cluster.user(), restoring(cluster, role), Map.of());
            return Optional.empty();
        } catch (ScratchDatabase.Unlike e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }

    private static List<String> restoring(ThrowawayCluster cluster, String owner) {
        return cluster.client(
                "pg_restore",
                owner,
                ScratchDatabase.NAME,
                OwnersRestore.OPTIONS.stream()
                        .filter(option -> !option.equals("--exit-on-error"))
                        .toArray(String[]::new));
    }

    /**
     * Restores the next bytes of a dump that is being made.
     *
     * @return the reason why this host cannot verify the dump, after which no more bytes must be written; empty if the
     *     restore continues
     * @throws IOException if the dump cannot be restored
     */
    public Optional<String> write(byte[] bytes, int offset, int length) throws IOException {
        if (kind == BackupKind.GLOBALS) {
            roles.write(bytes, offset, length);
            return Optional.empty();
        }
        ClientProgram program = reader;
        if (program == null) {
            return Optional.empty();
        }
        try {
            program.input().write(bytes, offset, length);
            return Optional.empty();
        } catch (IOException broken) {
            // The program stopped reading, and its exit code and errors show why.
            return Optional.of(why(program, broken));
        }
    }

    private String why(ClientProgram program, IOException broken) throws IOException {
        try {
            program.awaitSuccess();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted during the restore of a dump", e);
        } catch (IOException failed) {
            return FailedRestore.orThrow(failed, cluster, caveat);
        }
        throw broken;
    }

    /**
     * Ends the restore of a dump that was written to its end, and compares its rows.
     *
     * @return the reason why this host cannot verify the dump; empty if it is verified
     * @throws IOException if the dump cannot be restored, or its contents differ from the manifest
     */
    public Optional<String> finish(Manifest manifest) throws IOException, InterruptedException {
        try {
            Optional<String> inconclusive = kind == BackupKind.GLOBALS ? makeRoles() : ended(manifest);
            if (inconclusive.isEmpty()) {
                ScratchRows.compare(manifest, cluster, kind);
            }
            return inconclusive;
        } catch (IOException e) {
            return Optional.of(FailedRestore.orThrow(e, cluster, caveat));
        }
    }

    private Optional<String> ended(Manifest manifest) throws IOException, InterruptedException {
        ClientProgram program = reader;
        if (program == null) {
            return Optional.empty();
        }
        program.input().close();
        ScratchSite site = new ScratchSite(cluster, owner);
        ClientProgram.Ended ended = program.awaitEnd();
        if (ended.exitCode() != 0) {
            lost.addAll(new MaterializedViews(site, ScratchDatabase.NAME)
                    .fillAgain(RestoreErrors.unfilledViews(ended, schemas)));
        }
        Optional<String> inconclusive = FailedRestore.ofThisHost(lost);
        lost.addAll(ScratchLosses.of(manifest, site));
        return inconclusive;
    }

    /** Ends the program that restores a dump while it is made. */
    @Override
    public void close() {
        if (reader != null) {
            reader.close();
        }
    }
}
