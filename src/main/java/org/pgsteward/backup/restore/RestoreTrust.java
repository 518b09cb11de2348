package org.pgsteward.backup.restore;

import java.io.IOException;
import java.util.Optional;
import org.pgsteward.backup.store.Inventory;
import org.pgsteward.backup.store.ManifestTrust;
import org.pgsteward.backup.store.Store;
import org.pgsteward.backup.store.StoredBackup;
import org.pgsteward.model.Refusal;

/** Decides whether a backup may be restored, by its manifest and the signature. */
final class RestoreTrust {
    private final Store store;
    private final ManifestTrust trust;

    RestoreTrust(Store store, ManifestTrust trust) {
        this.store = store;
        this.trust = trust;
    }

    /** Returns the reason why a backup is not chosen for a restore that names no backup; empty if it may be chosen. */
    Optional<String> doubt(Inventory inventory, StoredBackup backup) {
        Optional<String> alteration = inventory.alteration(backup);
        return alteration.isPresent() ? alteration : trust.refusal(backup, false);
    }

    /**
     * Reads the complete manifest, once: another program may change it between two readings.
     *
     * @throws Refusal if the backup was altered
     * @throws IOException if the manifest cannot be read, or was changed since it was listed
     */
    Restore.Order whole(Restore.Order listed) throws Refusal, IOException {
        StoredBackup backup = store.whole(listed.backup());
        Optional<String> alteration = store.alteration(backup);
        if (alteration.isPresent()) {
            throw new Refusal("cannot restore " + backup.path() + ": " + alteration.get()
                    + "; 'pgsteward backups' lists the other backups. If you trust this backup, restore it with the"
                    + " commands in RECOVERY.md");
        }
        return listed.of(backup);
    }

    /**
     * Reads the complete manifest, and requires that {@link ManifestTrust} accepts it: an unsigned manifest can claim
     * any time.
     */
    Restore.Order vouched(Restore.Order listed) throws Refusal, IOException {
        Restore.Order order = whole(listed);
        StoredBackup backup = order.backup();
        Optional<String> refusal = trust.refusal(backup, false);
        if (refusal.isPresent()) {
            throw new Refusal(refusal.get());
        }
        return order;
    }
}
