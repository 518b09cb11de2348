package org.pgsteward.backup.store;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;

/** What is left on the disks under the store and the scratch clusters. */
public final class DiskSpace {
    private final Path store;
    private final Path scratch;

    public DiskSpace(Path store, Path scratch) {
        this.store = store;
        this.scratch = scratch;
    }

    /**
     * Returns the bytes that are free.
     *
     * @throws IOException when the disks do not say
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

    /** Returns the nearest folder that exists: what is not made yet will be made where its parent is. */
    public static Path existing(Path path) {
        Path existing = path.toAbsolutePath();
        while (!Files.exists(existing) && existing.getParent() != null) {
            existing = existing.getParent();
        }
        return existing;
    }
}
