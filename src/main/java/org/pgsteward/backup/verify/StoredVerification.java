package org.pgsteward.backup.verify;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.pgsteward.backup.restore.ScratchRestore;
import org.pgsteward.backup.store.AgeKeys;
import org.pgsteward.backup.store.Manifest;
import org.pgsteward.backup.store.Store;
import org.pgsteward.backup.store.StoredBackup;
import org.pgsteward.model.BackupKind;

/** Restores a stored backup into a scratch cluster and compares it with its manifest. */
final class StoredVerification {
    private final Store store;
    private final AgeKeys keys;
    private final ScratchFolder scratch;
    private final ScratchSeries series;

    StoredVerification(Store store, AgeKeys keys, ScratchFolder scratch, ScratchSeries series) {
        this.store = store;
        this.keys = keys;
        this.scratch = scratch;
        this.series = series;
    }

    /**
     * Restores a stored backup and compares it with its manifest.
     *
     * @param lost takes the contents that the restore lost, one line each
     * @return the reason why the backup cannot be verified here; empty if it is verified
     * @throws IOException if the backup cannot be restored, or its contents differ from the manifest
     */
    Optional<String> run(StoredBackup stored, List<String> lost) throws IOException, InterruptedException {
        if (stored.kind() == BackupKind.BASE) {
            series.discard();
            return start(stored, lost);
        }
        ScratchSeries.Lease started;
        try {
            started = series.take(
                    scratch.programs(Integer.parseInt(stored.manifest().run().clientVersion())));
        } catch (IOException e) {
            return Optional.of(ScratchFolder.noCluster(e));
        }
        try (ScratchSeries.Lease lease = started;
                ScratchRestore restore = new ScratchRestore(lease.cluster(), stored.kind())) {
            Optional<String> inconclusive = restore.run(store.file(stored, keys));
            lost.addAll(restore.lost());
            if (inconclusive.isEmpty()) {
                lease.verified();
            }
            return inconclusive;
        }
    }

    private Optional<String> start(StoredBackup stored, List<String> unread) throws IOException, InterruptedException {
        Manifest manifest = stored.manifest();
        long bytes = manifest.file().sourceBytes();
        int major = Integer.parseInt(manifest.run().clientVersion());
        scratch.clear();
        try (BaseVerification copy = scratch.unpacking(major, bytes, bytes)) {
            store.file(stored, keys).pourInto(copy.archive());
            unread.addAll(copy.verify(manifest));
            return Optional.empty();
        } catch (AgeKeys.NotForUs e) {
            return Optional.of(AgeKeys.NotForUs.REASON);
        } catch (CannotTell e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }
}
