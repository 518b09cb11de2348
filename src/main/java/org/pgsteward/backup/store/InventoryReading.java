package org.pgsteward.backup.store;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Reads what an {@link Inventory} lists. */
final class InventoryReading {
    private final Store store;
    private final ManifestReading manifests;
    private final List<StoredBackup> backups = new ArrayList<>();

    InventoryReading(Store store) {
        this.store = store;
        this.manifests = new ManifestReading(store);
    }

    /** @throws IOException when the folder itself cannot be read */
    void read(Path folder) throws IOException {
        manifests.read(folder, Store.MANIFEST, (file, read) -> {
            String path = store.root().relativize(file).toString();
            StoredBackup backup = Inventory.backup(path.substring(0, path.length() - Store.MANIFEST.length()), read);
            backups.add(backup);
            return ManifestSize.of(backup.manifest());
        });
    }

    /** @param folders of the store that are not read */
    void leaveOut(long folders) {
        manifests.leaveOut(folders);
    }

    Inventory inventory() {
        return Inventory.sorted(backups, manifests.unreadable());
    }
}
