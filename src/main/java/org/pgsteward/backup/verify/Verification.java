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
import org.pgsteward.backup.underway.ResourceStack;
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
 * Verifies a backup by restoring it: a dump or globals by {@link ScratchRestore}, a base backup by {@link BaseVerification}.
 * The file is hashed while it is read. An error, another hash or another row count makes the verification fail. If the
 * restore needs a superuser or an object that this host lacks, the backup becomes unverifiable, with the reason.
 */
public final class Verification {
    private static final Logger LOG = LoggerFactory.getLogger(Verification.class);

    private static final String NO_IDENTITY =
            "it is encrypted, and this host has no pgsteward.backup.identity to decrypt it;"
                    + " the file is unchanged since it was written";

    private final Store store;
    private final AgeKeys keys;
    private final ScratchFolder scratch;
    private final Set<String> allowedExtensions;
    private final Clock clock;
    private final VerificationTurn turn;
    private final RunsUnderWay runs;
    private final ScratchSeries scratchSeries;
    private final StoredVerification restore;
    private final ManifestTrust trust;

    /**
     * @param locks the folder whose lock files show a verification under way to other processes
     * @param allowedExtensions the extensions that a restore accepts; a dump with another extension gets a caveat
     * @param journal the record of verified files, which vouches for a file whose manifest has no valid signature
     */
    public Verification(
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
        this.turn = new VerificationTurn(locks, clock);
        this.scratchSeries = new ScratchSeries(turn, this.scratch::cluster);
        this.restore = new StoredVerification(store, keys, this.scratch, scratchSeries);
        this.clock = clock;
    }

    private Verification(Verification of, Store other) {
        this.trust = of.trust;
        this.allowedExtensions = of.allowedExtensions;
        this.runs = of.runs;
        this.store = other;
        this.keys = of.keys;
        this.scratch = of.scratch;
        this.turn = of.turn;
        this.scratchSeries = of.scratchSeries;
        this.restore = new StoredVerification(other, keys, scratch, scratchSeries);
        this.clock = of.clock;
    }

    /** Returns the verification of the backups in another store. Both have the same turn and scratch clusters. */
    public Verification in(Store other) {
        return new Verification(this, other);
    }

    /**
     * Restores a backup and compares it with its manifest. If this host has no identity to decrypt the backup, only the
     * hash of the stored file is compared. The backup then keeps an earlier result, or becomes unverifiable.
     *
     * @return the backup with its new state, and with the reason unless it is verified
     */
    public Backup verify(Backup backup) throws InterruptedException {
        long began = System.nanoTime();
        try (RunsUnderWay.Run run = runs.beginVerification(backup.service());
                Progress.Binding bound = run.progress().bind()) {
            Objects.requireNonNull(bound);
            Backup verified = watched(backup, run.progress(), began);
            return verified.state() == BackupState.VERIFIED
                    ? verified
                    : run.progress()
                            .cancelled()
                            .map(because -> with(backup, BackupState.UNVERIFIABLE, began, because))
                            .orElse(verified);
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
                return with(backup, BackupState.FAILED, began, "its manifest belongs to another backup");
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
     * Returns the reason why the daemon must not verify a backup without an order of the operator. Empty if the daemon
     * may verify it, and if {@link #verify} fails it without a restore. This method restores no data.
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

    /**
     * Records an internal error, an exhausted memory or a cancellation as unverifiable: none of them is evidence
     * against the backup.
     */
    private Backup ended(Backup backup, long began, Throwable because) {
        LOG.error("{}: cannot finish the verification: {}", backup.id(), because.toString());
        return with(backup, BackupState.UNVERIFIABLE, began, "pgsteward cannot verify it: " + because);
    }

    /**
     * Verifies the backup when its turn comes. The duration counts from then on, because the wait for the turn is not
     * part of a restore.
     */
    private Backup inTurn(Backup backup, StoredBackup stored) throws InterruptedException {
        Manifest manifest = stored.manifest();
        Turn.Taken taken = turn.take(backup.service());
        long began = System.nanoTime();
        try {
            Progress.current().grow(manifest.restoredBytes());
            Progress.current().step("restores into a scratch cluster");
            turn.promise(DiskNeedRule.scratch(manifest.restoredBytes()));
            List<String> lost = new ArrayList<>();
            Optional<String> inconclusive;
            try (ScratchWatch watch = scratch.watch(manifest.restoredBytes())) {
                Objects.requireNonNull(watch);
                inconclusive = restore.run(stored, lost);
            }
            Backup seen = backup.with(RestoreCaveats.of(manifest, allowedExtensions, lost));
            return inconclusive.isPresent()
                    ? with(seen, BackupState.UNVERIFIABLE, began, inconclusive.get())
                    : verified(seen, manifest, began);
        } catch (IOException e) {
            return failed(backup, began, e);
        } finally {
            taken.close();
        }
    }

    /**
     * Returns the backup as verified if its manifest still has the hash that was listed. The journal must not record
     * another file as verified.
     */
    private Backup verified(Backup backup, Manifest manifest, long began) {
        return backup.file().sha256().equals(manifest.file().sha256())
                ? with(backup, BackupState.VERIFIED, began, "")
                : with(backup, BackupState.FAILED, began, "its manifest was changed since it was listed");
    }

    private Backup failed(Backup backup, long began, IOException because) {
        String why = because.getMessage() == null ? because.toString() : because.getMessage();
        return with(backup, BackupState.FAILED, began, "the restore failed: " + why);
    }

    /**
     * Returns whether no process of this host verifies a backup at this moment.
     *
     * @throws IOException if the folder of the locks cannot be used
     */
    public boolean isIdle() throws IOException {
        return turn.isFree();
    }

    /**
     * Returns whether a verification of another process waits. If this process only keeps the turn for its next
     * verification, it gives the turn up.
     */
    public boolean makesWay() {
        return turn.makesWay();
    }

    /** Begins a series of verifications, which can share a scratch cluster. The caller closes the series. */
    public Series series() {
        return scratchSeries.begin();
    }

    /** A series of verifications. */
    @FunctionalInterface
    public interface Series extends AutoCloseable {
        @Override
        void close();
    }

    /**
     * Returns whether the backup has the result of an earlier verification, either of the stored file or while it was
     * made.
     */
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
     * Begins the verification of a backup while it is made. The caller must hold the turn.
     *
     * @param bytes the approximate size of the database or the cluster in bytes
     * @param programs the programs of the server's version
     * @param held takes the resources that must be closed after the backup is made
     */
    public StreamVerification inStream(BackupKind kind, long bytes, Programs programs, ResourceStack held)
            throws InterruptedException {
        held.add(scratch.watch(bytes));
        try {
            return held.add(
                    kind == BackupKind.BASE
                            ? StreamVerification.of(scratch.unpacking(programs.major(), bytes, Long.MAX_VALUE))
                            : StreamVerification.in(scratch.cluster(programs), kind));
        } catch (IOException e) {
            return StreamVerification.impossible(kind, ScratchFolder.noCluster(e));
        }
    }

    /**
     * Returns the bytes of the scratch disk that the verification under way may take, in this process or another one; 0
     * if none is under way.
     */
    public long promised() {
        return turn.promised();
    }

    /** Waits until the verification under way has ended and has released its part of the scratch disk. */
    public void awaitEnd() throws InterruptedException {
        turn.awaitEnd();
    }

    private Backup with(Backup backup, BackupState state, long began, String error) {
        return backup.judged(state, clock.instant(), Duration.ofNanos(System.nanoTime() - began), error);
    }
}
