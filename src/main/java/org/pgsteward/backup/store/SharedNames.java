package org.pgsteward.backup.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.util.Map;
import java.util.Optional;

/** The files of the store that have several names, each of another backup. */
public final class SharedNames {
    private final Store store;

    public SharedNames(Store store) {
        this.store = store;
    }

    /**
     * Returns the identity of the file of a backup; empty if no other backup has the same file, or it cannot be read.
     *
     * @param path of the backup, relative to the store
     */
    public Optional<Object> of(String path) {
        try {
            Map<String, Object> found =
                    Files.readAttributes(store.resolve(path), "unix:nlink,fileKey", LinkOption.NOFOLLOW_LINKS);
            return found.get("nlink") instanceof Integer names && names > 1
                    ? Optional.ofNullable(found.get("fileKey"))
                    : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
