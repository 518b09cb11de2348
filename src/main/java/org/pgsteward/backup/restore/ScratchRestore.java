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
import org.pgsteward.backup.store.Losses;
import org.pgsteward.backup.store.Manifest;
import org.pgsteward.backup.store.ResultSettings;
import org.pgsteward.backup.store.StoredFile;
import org.pgsteward.backup.store.Surroundings;
import org.pgsteward.io.BoundedFile;
import org.pgsteward.model.BackupKind;
import org.pgsteward.postgres.ClientProgram;
import org.pgsteward.postgres.ThrowawayCluster;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The restore of one backup into a scratch cluster, which shows whether it can be restored. It restores a stored file by
 * {@link #run}, or a dump on its way: {@link #prepare}, {@link #write} and {@link #finish}.
 *
 * <ol>
 *   <li>The administrator of the cluster makes the roles, an empty database like the source and the extensions that only an
 *       administrator may make, and nothing else.
 *   <li>Everything in the dump is restored over a connection that <em>logs in</em> as the role. A dump is hostile input:
 *       what it holds runs while it is restored, and must not run as a superuser, who can start programs.
 *   <li>An error of {@code pg_restore} or a row count that differs fails the restore. What only a superuser could restore,
 *       or this host cannot, leaves it open, with the reason.
 * </ol>
 */
public final class ScratchRestore implements AutoCloseable {
    /** The superuser of a scratch cluster. */
    public static final String ADMINISTRATOR = "pgsteward_proof";

    private static final Logger LOG = LoggerFactory.getLogger(ScratchRestore.class);

    private final ThrowawayCluster cluster;
    private final BackupKind kind;
    private final List<String> lost = new ArrayList<>();

    /** The roles of globals on their way. */
    private final GlobalsProof roles = new GlobalsProof();

    /** Reads a dump on its way; null before {@link #prepare}, for globals, and where nothing is restored. */
    private @Nullable ClientProgram reader;

    private String owner = "";
    private Optional<String> caveat = Optional.empty();
    private Set<String> schemas = Set.of();

    /**
     * @param cluster in which there is nothing but {@link #ADMINISTRATOR}; the caller ends it
     * @param kind a dump or globals
     */
    public ScratchRestore(ThrowawayCluster cluster, BackupKind kind) {
        this.cluster = cluster;
        this.kind = kind;
    }

    /**
     * Restores a stored file and compares its rows.
     *
     * @return why it cannot be determined whether it can be restored, when it cannot
     * @throws IOException when it cannot be restored, or holds something else than its manifest says
     */
    public Optional<String> run(StoredFile file) throws IOException, InterruptedException {
        try {
            ScratchRows.makeCounter(cluster);
            Optional<String> cannotTell = kind == BackupKind.GLOBALS ? globals(file) : database(file);
            if (cannotTell.isEmpty()) {
                ScratchRows.compare(file.manifest(), cluster, kind);
            }
            return cannotTell;
        } catch (AgeKeys.NotForUs e) {
            return Optional.of(AgeKeys.NotForUs.REASON);
        } catch (IOException e) {
            return Optional.of(FailedRestore.orThrow(e, cluster, Optional.empty()));
        }
    }

    /** Returns what the restore leaves empty or loses, one line each; complete when it has ended. */
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
                    "{}: left to an administrator, in a restore too: {}",
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
        Optional<String> cannotTell = FailedRestore.ofThisHost(lost);
        lost.addAll(lostContents(manifest, site));
        return cannotTell;
    }

    /** What {@code pg_restore --list} says; it goes by a file, since the program reads and writes at once. */
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
     * Makes ready for a dump on its way: what only the administrator may make, and all extensions. Such a dump is read once,
     * so nothing can be left out of it: an object that is there already, or an administrator's, fails by itself.
     *
     * @param role the owner of the database
     * @param extensions of the database, with their versions
     * @return why it cannot be determined whether it can be restored; then nothing is to be written
     */
    public Optional<String> prepare(String role, Map<String, String> extensions, Surroundings surroundings)
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

    /** The command that restores as the owner. */
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
     * Restores the next bytes of a dump on its way.
     *
     * @return why it cannot be determined whether it can be restored; then nothing more is to be written
     * @throws IOException when it cannot be restored
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
            // It stopped reading, and knows why.
            return Optional.of(why(program, broken));
        }
    }

    private String why(ClientProgram program, IOException broken) throws IOException {
        try {
            program.awaitSuccess();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while a dump was restored", e);
        } catch (IOException failed) {
            return FailedRestore.orThrow(failed, cluster, caveat);
        }
        throw broken;
    }

    /**
     * Ends the restore of a dump that was written to its end, and compares its rows.
     *
     * @return why it cannot be determined whether it can be restored, when it cannot
     * @throws IOException when it cannot be restored, or holds something else than its manifest says
     */
    public Optional<String> finish(Manifest manifest) throws IOException, InterruptedException {
        try {
            Optional<String> cannotTell = kind == BackupKind.GLOBALS ? makeRoles() : ended(manifest);
            if (cannotTell.isEmpty()) {
                ScratchRows.compare(manifest, cluster, kind);
            }
            return cannotTell;
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
        Optional<String> cannotTell = FailedRestore.ofThisHost(lost);
        lost.addAll(lostContents(manifest, site));
        return cannotTell;
    }

    /** Returns the contents that are not there after a restore, one line each. */
    private static List<String> lostContents(Manifest manifest, ScratchSite site)
            throws IOException, InterruptedException {
        Losses losses = manifest.contents().surroundings().losses();
        List<String> lost =
                new ArrayList<>(new MaterializedViews(site, ScratchDatabase.NAME).emptied(losses.filledViews()));
        if (!losses.extensionTables().isEmpty()) {
            Set<String> there =
                    Set.of(site.ask(ScratchDatabase.NAME, ExtensionTables.NAMES).split("\u001e", -1));
            List<String> tables = losses.extensionTables().stream()
                    .map(Losses.ExtensionTable::name)
                    .filter(there::contains)
                    .toList();
            lost.addAll(ExtensionTables.lost(losses.extensionTables(), ScratchRows.count(tables, site.cluster())));
        }
        lost.addAll(ExtensionObjects.lost(losses.extensionObjects(), site, ScratchDatabase.NAME));
        lost.addAll(TextSearchExpressions.lost(manifest, site, ScratchDatabase.NAME));
        return lost;
    }

    /** Ends the program that reads a dump on its way. */
    @Override
    public void close() {
        if (reader != null) {
            reader.close();
        }
    }
}
