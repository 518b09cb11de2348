package org.pgsteward.backup.copy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.pgsteward.backup.store.DiskNeedRule;
import org.pgsteward.backup.store.DiskSpace;
import org.pgsteward.backup.store.Manifest;
import org.pgsteward.backup.store.Store;
import org.pgsteward.backup.store.StoredBackup;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupState;

/** A copy that a drill has fetched. */
final class FetchedCopy {
    private FetchedCopy() {}

    /**
     * Requires free space for a copy and its restore.
     *
     * @param promised the bytes of the scratch disk that another verification may take
     */
    static void requireRoom(Backup backup, Path scratch, long promised) throws IOException {
        long need =
                backup.file().sizeBytes() + DiskNeedRule.scratch(backup.file().sourceBytes());
        long free = Files.getFileStore(DiskSpace.existing(scratch)).getUsableSpace() - promised;
        if (free < need) {
            throw new IOException("its check needs about " + DiskNeedRule.words(need) + ", "
                    + DiskNeedRule.words(Math.max(0, free)) + " free on " + scratch);
        }
    }

    /** Returns the fetched file as a backup that was never verified, so that no earlier result replaces that of the drill. */
    static Backup unjudged(Backup backup, StoredBackup fetched) {
        Manifest.File file = fetched.manifest().file();
        return new Backup(
                backup.identity(),
                backup.source(),
                backup.times(),
                new Backup.File(Optional.of(fetched.path()), file.sizeBytes(), file.sourceBytes(), file.sha256()),
                new Backup.Verification(Optional.empty(), Duration.ZERO, false),
                new Backup.Result(BackupState.MADE, "", List.of()));
    }

    /**
     * Returns why a fetched copy that failed its restore is damaged; empty if it has the content of the verified backup. Then
     * the cause is on this host, and another copy would fail as well.
     *
     * @param here the store of this host
     */
    static Optional<String> damage(Backup backup, StoredBackup fetched, Store here, String error) {
        if (backup.state() != BackupState.VERIFIED) {
            return Optional.empty();
        }
        // A place such as restic has the plain content, so the hash of the file differs from that of the file here.
        boolean isSameFile =
                fetched.manifest().file().sha256().equals(backup.file().sha256());
        return isSameFile && isManifestOf(backup, fetched, here) ? Optional.empty() : Optional.of(error);
    }

    private static boolean isManifestOf(Backup backup, StoredBackup fetched, Store here) {
        try {
            Manifest manifest = here.stored(backup.path().orElseThrow()).manifest();
            return manifest.with(List.of()).equals(fetched.manifest().with(List.of()));
        } catch (IOException unknown) {
            return true;
        }
    }
}
