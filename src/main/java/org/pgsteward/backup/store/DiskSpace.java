package org.pgsteward.backup.store;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;

/** The free space on the disks of the store and the scratch clusters. */
public final class DiskSpace {
    private final Path store;
    private final Path scratch;

    public DiskSpace(Path store, Path scratch) {
        this.store = store;
        this.scratch = scratch;
    }

    /**
     * Returns the free space in bytes.
     *
     * @throws IOException if a file system cannot be queried
     */
    public DiskNeedRule.Free free() throws IOException {
        FileStore ofStore = Files.getFileStore(existing(store));
        FileStore ofScratch = Files.getFileStore(existing(scratch));
        return new DiskNeedRule.Free(
                store.toString(),
                ofStore.getUsableSpace(),
                scratch.toString(),
                ofScratch.getUsableSpace(),
                ofStore.equals(ofScratch));
    }

    /** Returns the nearest existing folder. A missing folder will be created on the disk of its parent. */
    public static Path existing(Path path) {
        Path existing = path.toAbsolutePath();
        while (!Files.exists(existing) && existing.getParent() != null) {
            existing = existing.getParent();
        }
        return existing;
    }
}
