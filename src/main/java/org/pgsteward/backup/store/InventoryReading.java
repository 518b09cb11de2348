package org.pgsteward.backup.store;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Reads the backups of an {@link Inventory}. */
final class InventoryReading {
    private final Store store;
    private final ManifestReading manifests;
    private final List<StoredBackup> backups = new ArrayList<>();

    InventoryReading(Store store) {
        this.store = store;
        this.manifests = new ManifestReading(store);
    }

    /**
     * Reads the manifests of a folder.
     *
     * @throws IOException if the folder itself cannot be read
     */
    void read(Path folder) throws IOException {
        manifests.read(folder, Store.MANIFEST, (file, read) -> {
            String path = store.root().relativize(file).toString();
            StoredBackup backup = Inventory.backup(path.substring(0, path.length() - Store.MANIFEST.length()), read);
            backups.add(backup);
            return ManifestSize.of(backup.manifest());
        });
    }

    /**
     * Records folders beyond the limit as unread.
     *
     * @param folders the number of folders that are not read
     */
    void leaveOut(long folders) {
        manifests.leaveOut(folders);
    }

    Inventory inventory() {
        return Inventory.sorted(backups, manifests.unreadable());
    }
}
