package org.pgsteward.backup;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.regex.Pattern;
import org.pgsteward.io.BoundedFile;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupKind;
import org.pgsteward.model.BackupState;
import org.pgsteward.postgres.AbandonedClusters;
import org.pgsteward.postgres.ClientProgram;
import org.pgsteward.postgres.Programs;
import org.pgsteward.postgres.Progress;
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

    /** Longer than it takes another process to unpack the largest of base backups, at which no server is at work yet. */
    private static final Duration ABANDONED = Duration.ofDays(1);

    /** What a shell of a process that was killed may be removing at this moment. */
    private static final Duration JUST_BEGUN = Duration.ofMinutes(1);

    private static final String COUNTER = "pgsteward_count";

    /** For psql, before it counts: where a minor version can be told so, no view is taken for a table. */
    static final String TABLES_ONLY =
            "SELECT pg_catalog.set_config(name, 'view, foreign-table', false) FROM pg_catalog.pg_settings"
                    + " WHERE name = 'restrict_nonsystem_relation_kind' \\g /dev/null\n";

    private static final String NO_IDENTITY = "it is sealed, and there is no pgsteward.backup.identity here to open it"
            + " with; its file is still what was written";

    /** Of what says more about this host than about the backup. */
    private static final Pattern THIS_HOSTS =
            Pattern.compile("No space left on device|Disk quota exceeded|out of memory|out of shared memory"
                    + "|ended with exit code 137|server closed the connection|no connection to the server|could not connect to server"
                    + "|connection to server .* failed"
                    + "|could not create locale|could not access file|could not load library"
                    + "|extension \".*\" is not available");

    private final Store store;
    private final AgeKeys keys;
    private final Path scratch;

    /** Whether it lies beside the locks, in the state folder of this pgsteward. */
    private final boolean scratchIsOurs;

    private final Optional<Path> bindir;
    private final UnprivilegedUser user;
    private final Set<String> allowedExtensions;
    private final Clock clock;
    private final ProofTurn turn;
    private final RunsUnderWay runs;
    private final ScratchSeries scratchSeries;
    private final ManifestTrust trust;

    /**
     * @param journal which vouches for files whose manifest has no valid signature
     * @param locks the folder that tells other processes of a verification under way
     * @param allowedExtensions that a dump may bring; a restore refuses others, and a backup with others says so
     */
    public Proof(
            Store store,
            AgeKeys keys,
            Path scratch,
            Path locks,
            Optional<Path> bindir,
            UnprivilegedUser user,
            Set<String> allowedExtensions,
            RunsUnderWay runs,
            JournalledFiles journal,
            Clock clock) {
        this.trust = new ManifestTrust(journal);
        this.allowedExtensions = allowedExtensions;
        this.runs = runs;
        this.store = store;
        this.keys = keys;
        this.scratch = scratch;
        this.scratchIsOurs = Objects.equals(scratch.getParent(), locks.getParent());
        this.turn = new ProofTurn(locks, clock);
        this.scratchSeries = new ScratchSeries(turn, this::scratchCluster);
        this.bindir = bindir;
        this.user = user;
        this.clock = clock;
    }

    /**
     * Restores and compares; the answer is the backup with its new state, and the reason when it is not proved. One that
     * nobody here can open is only looked at, whether it is still what was written, and keeps the state that it has.
     */
    public Backup prove(Backup backup) throws InterruptedException {
        long began = System.nanoTime();
        try (RunsUnderWay.Run run = runs.beginVerification(backup.service());
                Progress.Binding bound = run.progress().bind()) {
            Objects.requireNonNull(bound);
            Backup proved = watched(backup, run.progress(), began);
            return proved.state() == BackupState.VERIFIED
                    ? proved
                    : run.progress()
                            .cancelled()
                            .map(because -> with(backup, BackupState.UNVERIFIABLE, began, because))
                            .orElse(proved);
        }
    }

    private Backup watched(Backup backup, Progress progress, long began) throws InterruptedException {
        try {
            String path = backup.path().orElseThrow();
            Store.Signed signed = store.signed(path);
            Manifest manifest = signed.manifest();
            Optional<String> alteration = store.alteration(signed);
            if (alteration.isPresent()) {
                return with(backup, BackupState.FAILED, began, alteration.get());
            }
            if (!isOf(manifest, backup)) {
                return with(backup, BackupState.FAILED, began, "its manifest is that of another backup");
            }
            Optional<String> refusal = trust.refusal(path, manifest, signed.signature(), true);
            if (refusal.isPresent()) {
                return with(backup, BackupState.UNVERIFIABLE, began, refusal.get());
            }
            if (manifest.isSealed() && !keys.opens()) {
                stored(backup, manifest).check();
                return isJudged(backup) ? backup : with(backup, BackupState.UNVERIFIABLE, began, NO_IDENTITY);
            }
            return inTurn(backup, manifest);
        } catch (IOException e) {
            return failed(backup, began, e);
        } catch (RuntimeException | Error e) {
            return ended(backup, began, e);
        } catch (InterruptedException e) {
            if (progress.cancelled().isPresent()) {
                return ended(backup, began, e);
            }
            throw e;
        }
    }

    /**
     * Returns why the daemon must not verify a backup by itself; empty where it may, and where {@link #prove} fails it
     * anyway. It restores nothing.
     */
    public Optional<String> distrust(Backup backup) {
        String path = backup.path().orElseThrow();
        try {
            Store.Signed signed = store.signed(path);
            return store.alteration(signed).isPresent()
                    ? Optional.empty()
                    : trust.refusal(path, signed.manifest(), signed.signature(), false);
        } catch (IOException | RuntimeException e) {
            return Optional.empty();
        }
    }

    private static boolean isOf(Manifest manifest, Backup backup) {
        return backup.kind().word().equals(manifest.kind())
                && backup.eventId().toString().equals(manifest.eventId());
    }

    /** A mistake of our own, or memory that is used up, says nothing of the backup, and is recorded all the same. */
    private Backup ended(Backup backup, long began, Throwable because) {
        LOG.error("{}: the verification ended: {}", backup.id(), because.toString());
        return with(backup, BackupState.UNVERIFIABLE, began, "pgsteward could not verify it: " + because);
    }

    /** How long it waited for its turn says nothing of how long a restore takes. */
    private Backup inTurn(Backup backup, Manifest manifest) throws InterruptedException {
        Turn.Taken taken = turn.take(backup.service());
        long began = System.nanoTime();
        try {
            Progress.current().grow(manifest.restoredBytes());
            Progress.current().step("restores into a scratch cluster");
            turn.promise(DiskNeedRule.scratch(manifest.restoredBytes()));
            List<String> lost = new ArrayList<>();
            Optional<String> cannotTell;
            try (ScratchWatch watch = watchScratch(manifest.restoredBytes())) {
                Objects.requireNonNull(watch);
                cannotTell = attempt(backup, manifest, lost);
            }
            Backup seen = backup.with(RestoreCaveats.of(manifest, allowedExtensions, lost));
            return cannotTell.isPresent()
                    ? with(seen, BackupState.UNVERIFIABLE, began, cannotTell.get())
                    : verified(seen, manifest, began);
        } catch (IOException e) {
            return failed(backup, began, e);
        } finally {
            taken.close();
        }
    }

    /**
     * Cancels the work of this thread when it fills the disk of the scratch clusters.
     *
     * @param databaseBytes that are restored there
     */
    ScratchWatch watchScratch(long databaseBytes) {
        return ScratchWatch.begin(scratch, DiskNeedRule.scratch(databaseBytes), Progress.current());
    }

    /** The journal is told that this file is verified, and must not be told it of another. */
    private Backup verified(Backup backup, Manifest manifest, long began) {
        return backup.sha256().equals(manifest.sha256())
                ? with(backup, BackupState.VERIFIED, began, "")
                : with(backup, BackupState.FAILED, began, "its manifest was changed since it was listed");
    }

    private Backup failed(Backup backup, long began, IOException because) {
        String why = because.getMessage() == null ? because.toString() : because.getMessage();
        return with(backup, BackupState.FAILED, began, "restoring it failed: " + why);
    }

    /**
     * Returns whether no process of this host verifies a backup at this moment.
     *
     * @throws IOException when the folder of the locks cannot be used
     */
    public boolean isIdle() throws IOException {
        return turn.isFree();
    }

    /**
     * Returns whether a verification of another process waits. The turn makes way for it if this process only keeps it for
     * its next verification.
     */
    public boolean makesWay() {
        return turn.makesWay();
    }

    /** Several verifications follow one another until it is closed, and need not start a scratch cluster each. */
    public Series series() {
        return scratchSeries.begin();
    }

    /** A series of verifications. */
    @FunctionalInterface
    public interface Series extends AutoCloseable {
        @Override
        void close();
    }

    /** What was said of it by a proof that could open it, or by one while it was made. */
    private static boolean isJudged(Backup backup) {
        return switch (backup.state()) {
            case VERIFIED, UNVERIFIABLE -> true;
            case MADE -> backup.provedInStream();
            case RUNNING, FAILED, EXPIRED -> false;
        };
    }

    /** The turn of proofs, for whoever restores on another way. */
    ProofTurn turn() {
        return turn;
    }

    /** @return why it cannot be told, when it cannot */
    private Optional<String> attempt(Backup backup, Manifest manifest, List<String> lost)
            throws IOException, InterruptedException {
        if (backup.kind() == BackupKind.BASE) {
            scratchSeries.discard();
            return start(backup, manifest, lost);
        }
        ScratchSeries.Lease started;
        try {
            started = scratchSeries.take(Programs.find(bindir, Integer.parseInt(manifest.clientVersion())));
        } catch (IOException e) {
            return Optional.of(noCluster(e));
        }
        try (ScratchSeries.Lease lease = started) {
            Optional<String> cannotTell = attempt(backup, manifest, lease.cluster(), lost);
            if (cannotTell.isEmpty()) {
                lease.verified();
            }
            return cannotTell;
        }
    }

    private Optional<String> attempt(Backup backup, Manifest manifest, ThrowawayCluster cluster, List<String> lost)
            throws IOException, InterruptedException {
        try {
            makeCounter(cluster);
            StoredFile file = stored(backup, manifest);
            Optional<String> cannotTell = backup.kind() == BackupKind.GLOBALS
                    ? globals(file, cluster)
                    : database(backup.id(), manifest, file, cluster, lost);
            if (cannotTell.isEmpty()) {
                compareRows(manifest, cluster, backup.kind());
            }
            return cannotTell;
        } catch (AgeKeys.NotForUs e) {
            return Optional.of(AgeKeys.NotForUs.REASON);
        } catch (IOException e) {
            return Optional.of(orThrow(e, cluster, Optional.empty()));
        }
    }

    /** @return why it cannot be told, when it cannot */
    private static Optional<String> database(
            String id, Manifest manifest, StoredFile file, ThrowawayCluster cluster, List<String> lost)
            throws IOException, InterruptedException {
        ScratchDatabase database;
        try {
            database = ScratchDatabase.make(cluster, manifest.owner(), manifest.extensions(), manifest.surroundings());
        } catch (ScratchDatabase.Unlike e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
        try {
            String contents = contents(file, cluster);
            Optional<String> stranger = ArchiveHeader.contradiction(contents, file);
            if (stranger.isPresent()) {
                throw new IOException(stranger.get());
            }
            ScratchDatabase.lendWrappers(cluster, manifest.owner(), Optional.of(contents));
            RestorePlan plan = RestorePlan.of(contents, database.schemas(), false);
            if (!plan.leftOut().isEmpty()) {
                LOG.info("{}: left to an administrator, in a restore too: {}", id, plan.leftOut());
            }
            ScratchSite site = new ScratchSite(cluster, manifest.owner());
            if (!manifest.surroundings().hidden().isEmpty()) {
                List<String> settings = DatabaseProperties.missing(
                        new TableOfContents(site, cluster.data()), file, ScratchDatabase.NAME);
                cluster.sql("postgres", ResultSettings.onDatabase(ScratchDatabase.NAME, settings) + ";");
            }
            new OwnersRestore(site, ScratchDatabase.NAME)
                    .pour(file, plan, new TableOfContents(site, cluster.data()), bytes -> {});
            lost.addAll(new MaterializedViews(site, ScratchDatabase.NAME).fill(contents, List.of()));
            Optional<String> cannotTell = thisHosts(lost);
            lost.addAll(lostContents(manifest, site));
            return cannotTell;
        } catch (AgeKeys.NotForUs e) {
            throw e;
        } catch (IOException e) {
            return Optional.of(orThrow(e, cluster, database.caveat()));
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

    /** Why the scratch server ended, if it did and said so. */
    private static String lastWords(ThrowawayCluster cluster) {
        List<String> words =
                cluster.log().lines().filter(line -> line.contains("PANIC: ")).toList();
        return words.isEmpty() ? "" : " (" + words.get(words.size() - 1) + ")";
    }

    private static Optional<String> globals(StoredFile file, ThrowawayCluster cluster)
            throws IOException, InterruptedException {
        GlobalsProof roles = new GlobalsProof();
        file.pourInto(roles);
        return makeRoles(roles, cluster);
    }

    /** @return why it cannot be told whether they can be made, when it cannot */
    static Optional<String> makeRoles(GlobalsProof roles, ThrowawayCluster cluster)
            throws IOException, InterruptedException {
        return roles.run(cluster, ADMINISTRATOR, Set.of(ADMINISTRATOR, COUNTER));
    }

    /** What {@code pg_restore --list} says; it goes by a file, since the program reads and writes at once. */
    private static String contents(StoredFile file, ThrowawayCluster cluster) throws IOException, InterruptedException {
        Path list = cluster.data().resolve("pgsteward.list");
        List<String> command = List.of(cluster.program("pg_restore"), "--list", "--file=" + list);
        try (ClientProgram program = ClientProgram.start(cluster.user(), command, Map.of())) {
            file.beginPouringInto(program);
        }
        return ClientProgram.text(
                BoundedFile.bytes(list, ClientProgram.MOST_PRINTED), TableOfContents.charset(file), "pg_restore");
    }

    /**
     * Removes what verifications left that were killed. Whoever calls has the turn, so in a folder that no other pgsteward
     * uses nobody is at work.
     */
    private void clearScratch() throws IOException {
        AbandonedClusters.remove(scratch, scratchIsOurs ? JUST_BEGUN : ABANDONED, clock.instant());
    }

    /** @throws IOException when none can be started here, which says nothing of the backup */
    ThrowawayCluster scratchCluster(Programs programs) throws IOException, InterruptedException {
        user.enterable(scratch);
        clearScratch();
        return ThrowawayCluster.start(
                programs,
                user,
                scratch.resolve(UUID.randomUUID().toString()),
                ThrowawayCluster.Plan.forProof(ADMINISTRATOR, scratch));
    }

    static String noCluster(IOException because) {
        return "no scratch cluster can be started here: " + because.getMessage();
    }

    /**
     * What a failed restore says of the backup.
     *
     * @return why it cannot be told
     * @throws IOException when it can
     */
    static String orThrow(IOException failed, ThrowawayCluster cluster, Optional<String> caveat) throws IOException {
        Throwable cause = failed instanceof OwnersRestore.BeyondTheOwner ? failed.getCause() : failed;
        String said = String.valueOf(cause == null ? null : cause.getMessage());
        if (OwnersRestore.wantsMoreRights(failed)) {
            return "it holds what only a superuser may restore, which a proof never is: " + said;
        }
        if (THIS_HOSTS.matcher(said).find()) {
            return "this host could not restore it: " + said + lastWords(cluster);
        }
        if (caveat.isPresent() && said.contains("pg_restore")) {
            return caveat.get() + ", without which restoring it failed: " + said;
        }
        throw failed;
    }

    /** Returns why it cannot be determined whether a view can be filled, where that is for want of something here. */
    static Optional<String> thisHosts(List<String> emptyViews) {
        return emptyViews.stream()
                .filter(view -> THIS_HOSTS.matcher(view).find())
                .findFirst()
                .map(view -> "this host could not restore it: " + view);
    }

    /**
     * A scratch cluster that waits for a dump on its way.
     *
     * @param command what reads the dump; empty for roles
     * @param cannotTell why there is no sense in it, when there is none
     * @param caveat what is not like the source
     * @param schemas that are there already
     */
    record Restoring(List<String> command, Optional<String> cannotTell, Optional<String> caveat, Set<String> schemas) {}

    /** @return why it cannot be told, when it cannot */
    private Optional<String> start(Backup backup, Manifest manifest, List<String> unread)
            throws IOException, InterruptedException {
        long bytes = manifest.sourceBytes();
        int major = Integer.parseInt(manifest.clientVersion());
        clearScratch();
        try (BaseProof copy = BaseProof.begin(scratch, bindir, user, major, bytes, bytes)) {
            stored(backup, manifest).pourInto(copy.archive());
            unread.addAll(copy.prove(manifest));
            return Optional.empty();
        } catch (AgeKeys.NotForUs e) {
            return Optional.of(AgeKeys.NotForUs.REASON);
        } catch (CannotTell e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }

    /**
     * The proof of a base backup that is about to be made.
     *
     * @param bytes that it will have, or about
     * @throws CannotTell when there is no place for it, or nothing to start it with
     */
    BaseProof unpacking(int major, long bytes) throws CannotTell {
        return BaseProof.begin(scratch, bindir, user, major, bytes, Long.MAX_VALUE);
    }

    /**
     * Makes what only the administrator may make, and all extensions. A dump on its way is read once, so nothing can be left
     * out of it: what is there already, or an administrator's, fails by itself, and {@link StreamProof} knows it.
     */
    static Restoring prepare(
            ThrowawayCluster cluster,
            BackupKind kind,
            String role,
            Map<String, String> extensions,
            Surroundings surroundings)
            throws IOException, InterruptedException {
        makeCounter(cluster);
        if (kind == BackupKind.GLOBALS) {
            // Roles are made when all of them are there, by makeRoles.
            return new Restoring(List.of(), Optional.empty(), Optional.empty(), Set.of());
        }
        try {
            ScratchDatabase database = ScratchDatabase.make(cluster, role, extensions, surroundings);
            ScratchDatabase.lendWrappers(cluster, role, Optional.empty());
            return new Restoring(restoring(cluster, role), Optional.empty(), database.caveat(), database.schemas());
        } catch (ScratchDatabase.Unlike e) {
            return new Restoring(List.of(), Optional.of(String.valueOf(e.getMessage())), Optional.empty(), Set.of());
        }
    }

    private static void makeCounter(ThrowawayCluster cluster) throws IOException, InterruptedException {
        cluster.sql("postgres", "CREATE ROLE " + COUNTER + " LOGIN BYPASSRLS IN ROLE pg_read_all_data;");
    }

    private StoredFile stored(Backup backup, Manifest manifest) {
        return new StoredFile(store.resolve(backup.path().orElseThrow()), manifest, keys);
    }

    static void compareRows(Manifest manifest, ThrowawayCluster cluster, BackupKind kind)
            throws IOException, InterruptedException {
        if (kind == BackupKind.GLOBALS) {
            String roles = cluster.sql(
                    "postgres",
                    "SELECT 0, count(*) FROM pg_catalog.pg_roles WHERE rolname !~ '^pg_' AND rolname NOT IN ('"
                            + ADMINISTRATOR + "', '" + COUNTER + "');");
            RowDifferences.of(manifest.rows(), counted(List.of("pg_catalog.pg_roles"), roles))
                    .orThrow();
            return;
        }
        RowDifferences differing = RowDifferences.of(
                manifest.rows(), count(List.copyOf(new TreeSet<>(manifest.rows().keySet())), cluster));
        if (!differing.isEmpty()) {
            String question = "SET search_path = pg_catalog;\n" + differing.question() + ";";
            String answer = cluster.sqlAs(COUNTER, ScratchDatabase.NAME, question);
            differing.settled(answer.lines().toList()).orThrow();
        }
    }

    /** Returns the contents that are not there after a restore, one line each. */
    static List<String> lostContents(Manifest manifest, ScratchSite site) throws IOException, InterruptedException {
        Losses losses = manifest.surroundings().losses();
        List<String> lost =
                new ArrayList<>(new MaterializedViews(site, ScratchDatabase.NAME).emptied(losses.filledViews()));
        if (!losses.extensionTables().isEmpty()) {
            Set<String> there =
                    Set.of(site.ask(ScratchDatabase.NAME, ExtensionTables.NAMES).split("\u001e", -1));
            List<String> tables = losses.extensionTables().stream()
                    .map(Losses.ExtensionTable::name)
                    .filter(there::contains)
                    .toList();
            lost.addAll(ExtensionTables.lost(losses.extensionTables(), count(tables, site.cluster())));
        }
        lost.addAll(ExtensionObjects.lost(losses.extensionObjects(), site, ScratchDatabase.NAME));
        lost.addAll(TextSearchExpressions.lost(manifest, site, ScratchDatabase.NAME));
        return lost;
    }

    private static Map<String, Long> count(List<String> tables, ThrowawayCluster cluster)
            throws IOException, InterruptedException {
        // The owner may have put a function of his own, called count, before the catalog's.
        StringBuilder counting = new StringBuilder("SET search_path = pg_catalog;\n" + TABLES_ONLY);
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
            throw new IOException(lines.size() + " of " + tables.size() + " tables could be counted");
        }
        Map<String, Long> counted = new TreeMap<>();
        for (String line : lines) {
            int bar = line.indexOf('|');
            counted.put(tables.get(Integer.parseInt(line.substring(0, bar))), Long.parseLong(line.substring(bar + 1)));
        }
        return counted;
    }

    private Backup with(Backup backup, BackupState state, long began, String error) {
        return backup.judged(state, clock.instant(), Duration.ofNanos(System.nanoTime() - began), error);
    }
}
