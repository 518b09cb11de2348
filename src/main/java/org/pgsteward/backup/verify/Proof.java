package org.pgsteward.backup.verify;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.pgsteward.backup.restore.RestoreCaveats;
import org.pgsteward.backup.restore.ScratchRestore;
import org.pgsteward.backup.store.AgeKeys;
import org.pgsteward.backup.store.DiskNeedRule;
import org.pgsteward.backup.store.JournalledFiles;
import org.pgsteward.backup.store.Manifest;
import org.pgsteward.backup.store.ManifestTrust;
import org.pgsteward.backup.store.Store;
import org.pgsteward.backup.store.StoredBackup;
import org.pgsteward.backup.underway.Held;
import org.pgsteward.backup.underway.RunsUnderWay;
import org.pgsteward.backup.underway.Turn;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupKind;
import org.pgsteward.model.BackupState;
import org.pgsteward.postgres.Programs;
import org.pgsteward.postgres.Progress;
import org.pgsteward.postgres.UnprivilegedUser;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Proves a backup by restoring it: a dump or globals by {@link ScratchRestore}, a base backup by {@link BaseProof}. The file
 * is hashed while it is read. An error, a hash or a row count that differs fails the proof. What only a superuser could
 * restore, or this host cannot, leaves it open, with the reason.
 */
public final class Proof {
    private static final Logger LOG = LoggerFactory.getLogger(Proof.class);

    private static final String NO_IDENTITY = "it is sealed, and there is no pgsteward.backup.identity here to open it"
            + " with; its file is still what was written";

    private final Store store;
    private final AgeKeys keys;
    private final ScratchFolder scratch;
    private final Set<String> allowedExtensions;
    private final Clock clock;
    private final ProofTurn turn;
    private final RunsUnderWay runs;
    private final ScratchSeries scratchSeries;
    private final StoredProof restore;
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
        this.scratch = new ScratchFolder(scratch, locks, bindir, user, clock);
        this.turn = new ProofTurn(locks, clock);
        this.scratchSeries = new ScratchSeries(turn, this.scratch::cluster);
        this.restore = new StoredProof(store, keys, this.scratch, scratchSeries);
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
            StoredBackup stored = store.stored(path);
            Manifest manifest = stored.manifest();
            Optional<String> alteration = store.alteration(stored);
            if (alteration.isPresent()) {
                return with(backup, BackupState.FAILED, began, alteration.get());
            }
            if (!isOf(manifest, backup)) {
                return with(backup, BackupState.FAILED, began, "its manifest is that of another backup");
            }
            Optional<String> refusal = trust.refusal(stored, true);
            if (refusal.isPresent()) {
                return with(backup, BackupState.UNVERIFIABLE, began, refusal.get());
            }
            if (manifest.file().isEncrypted() && !keys.opens()) {
                store.file(stored, keys).check();
                return isJudged(backup) ? backup : with(backup, BackupState.UNVERIFIABLE, began, NO_IDENTITY);
            }
            return inTurn(backup, stored);
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
            StoredBackup stored = store.stored(path);
            return store.alteration(stored).isPresent() ? Optional.empty() : trust.refusal(stored, false);
        } catch (IOException | RuntimeException e) {
            return Optional.empty();
        }
    }

    private static boolean isOf(Manifest manifest, Backup backup) {
        return backup.kind().word().equals(manifest.source().kind())
                && backup.identity()
                        .eventId()
                        .toString()
                        .equals(manifest.identity().eventId());
    }

    /** A mistake of our own, or memory that is used up, says nothing of the backup, and is recorded all the same. */
    private Backup ended(Backup backup, long began, Throwable because) {
        LOG.error("{}: the verification ended: {}", backup.id(), because.toString());
        return with(backup, BackupState.UNVERIFIABLE, began, "pgsteward could not verify it: " + because);
    }

    /** How long it waited for its turn says nothing of how long a restore takes. */
    private Backup inTurn(Backup backup, StoredBackup stored) throws InterruptedException {
        Manifest manifest = stored.manifest();
        Turn.Taken taken = turn.take(backup.service());
        long began = System.nanoTime();
        try {
            Progress.current().grow(manifest.restoredBytes());
            Progress.current().step("restores into a scratch cluster");
            turn.promise(DiskNeedRule.scratch(manifest.restoredBytes()));
            List<String> lost = new ArrayList<>();
            Optional<String> cannotTell;
            try (ScratchWatch watch = scratch.watch(manifest.restoredBytes())) {
                Objects.requireNonNull(watch);
                cannotTell = restore.run(stored, lost);
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

    /** The journal is told that this file is verified, and must not be told it of another. */
    private Backup verified(Backup backup, Manifest manifest, long began) {
        return backup.file().sha256().equals(manifest.file().sha256())
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
            case MADE -> backup.verification().inStream();
            case RUNNING, FAILED, EXPIRED -> false;
        };
    }

    /**
     * Waits for the turn of verifications, for a dump that is verified while it is made.
     *
     * @return the turn, until it is closed
     */
    public Turn.Taken takeTurn(String service) throws InterruptedException {
        return turn.takeForDump(service);
    }

    /**
     * Begins the verification of a backup while it is made; for whoever holds the turn.
     *
     * @param bytes that the database or the cluster has now, or about
     * @param programs of the server's version
     * @param held takes what has to be closed when the backup is made
     */
    public StreamProof inStream(BackupKind kind, long bytes, Programs programs, Held held) throws InterruptedException {
        held.add(scratch.watch(bytes));
        try {
            return held.add(
                    kind == BackupKind.BASE
                            ? StreamProof.of(scratch.unpacking(programs.major(), bytes, Long.MAX_VALUE))
                            : StreamProof.in(scratch.cluster(programs), kind));
        } catch (IOException e) {
            return StreamProof.impossible(kind, ScratchFolder.noCluster(e));
        }
    }

    /**
     * Returns the bytes of the scratch disk that the verification under way may take, by whichever process; 0 when there is
     * none.
     */
    public long promised() {
        return turn.promised();
    }

    /** Waits until the verification under way has ended and has given back what it took of the scratch disk. */
    public void awaitEnd() throws InterruptedException {
        turn.awaitEnd();
    }

    private Backup with(Backup backup, BackupState state, long began, String error) {
        return backup.judged(state, clock.instant(), Duration.ofNanos(System.nanoTime() - began), error);
    }
}
