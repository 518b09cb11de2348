package org.pgsteward.backup.restore;

import java.io.IOException;
import java.util.Optional;
import org.pgsteward.backup.store.Inventory;
import org.pgsteward.backup.store.ManifestTrust;
import org.pgsteward.backup.store.Store;
import org.pgsteward.backup.store.StoredBackup;
import org.pgsteward.model.Refusal;

/** Decides whether a backup may be restored, by its manifest and the signature. */
final class RestoreOrders {
    private final Store store;
    private final ManifestTrust trust;

    RestoreOrders(Store store, ManifestTrust trust) {
        this.store = store;
        this.trust = trust;
    }

    /** Returns why a backup of a list is not chosen where none is named; empty where it may be. */
    Optional<String> doubt(Inventory inventory, StoredBackup backup) {
        Optional<String> alteration = inventory.alteration(backup);
        return alteration.isPresent() ? alteration : trust.refusal(backup, false);
    }

    /** Reads the manifest once: another program may change it between two readings. */
    Restore.Order whole(Restore.Order listed) throws Refusal, IOException {
        StoredBackup backup = store.whole(listed.backup());
        Optional<String> alteration = store.alteration(backup);
        if (alteration.isPresent()) {
            throw new Refusal(backup.path() + " is not restored: " + alteration.get()
                    + "; 'pgsteward backups' lists what else there is, and RECOVERY.md has the lines for one that you"
                    + " trust all the same");
        }
        return listed.of(backup);
    }

    /** Reads the manifest, and requires that {@link ManifestTrust} accepts it: an unsigned manifest can claim any time. */
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
