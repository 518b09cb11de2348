package org.pgsteward.backup.store;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import org.pgsteward.io.AtomicFile;

/**
 * The place of a backup in the store while it is written. Its file ends in {@code .part} until {@link #publish} gives it its
 * name, so a file under its final name is whole.
 */
public final class UnfinishedBackup {
    private final Store store;
    private final String path;

    /** @param path that it will have, relative to the store */
    UnfinishedBackup(Store store, String path) {
        this.store = store;
        this.path = path;
    }

    /** Returns the path that it will have, relative to the store. */
    public String path() {
        return path;
    }

    /** Returns the path of the file to write, relative to the store; it ends in {@code .part}. */
    public String partPath() {
        return Store.partOf(path);
    }

    /** Returns the file to write. */
    public Path partFile() {
        return store.resolve(partPath());
    }

    /** Returns the name that it will have in its folder. */
    public String fileName() {
        return path.substring(path.indexOf('/') + 1);
    }

    /**
     * Removes what lies where a run is about to write: Camel would follow a link that another program made there.
     *
     * @throws IOException when the folder is a link, or the disk refuses
     */
    public void clear() throws IOException {
        store.requireFolder(path);
        Files.deleteIfExists(store.resolve(partPath()));
    }

    /**
     * Returns the size in bytes of the file that is written.
     *
     * @throws IOException when it is not there, or no plain file
     */
    public long size() throws IOException {
        Path part = store.resolve(partPath());
        BasicFileAttributes found = Files.readAttributes(part, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        if (!found.isRegularFile()) {
            throw new IOException(part + " is no plain file: another program put it there");
        }
        return found.size();
    }

    /**
     * Gives a written {@code .part} its name for good: data first, then the name, then the folder that holds the name,
     * and the manifest's name last in the same way. The manifest is written before any name is given, so that whoever
     * dies in between leaves an unfinished file to be found by.
     *
     * @throws IOException when any of it fails; the final name then does not exist, or has no manifest
     */
    public void publish(Manifest manifest) throws IOException {
        Path part = store.resolve(partPath());
        Path target = store.resolve(path);
        Path folder = store.folderOf(path);
        if (Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
            throw new FileAlreadyExistsException(target.toString(), null, "a backup is never written over");
        }
        AtomicFile.sync(part);
        try {
            ManifestFields.check(manifest);
        } catch (IOException e) {
            throw new IOException(
                    "cannot write the manifest of " + manifest.identity().backupId() + ": " + e.getMessage(), e);
        }
        byte[] signed = store.signed(manifest);
        if (signed.length > StoreJson.MOST_BYTES || manifest.contents().rows().size() > StoreJson.MOST_TABLES) {
            throw new IOException("cannot write the manifest of "
                    + manifest.identity().backupId() + ": it has "
                    + manifest.contents().rows().size() + " tables in " + signed.length + " bytes, and the limits are "
                    + StoreJson.MOST_TABLES + " and " + StoreJson.MOST_BYTES);
        }
        Path manifestPart = store.resolve(Store.partOf(path + Store.MANIFEST));
        AtomicFile.create(manifestPart, signed, AtomicFile.PRIVATE);
        Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
        AtomicFile.sync(folder);
        Files.move(manifestPart, store.resolve(path + Store.MANIFEST), StandardCopyOption.ATOMIC_MOVE);
        AtomicFile.sync(folder);
    }

    /**
     * Takes back whatever a run that failed has written, and nothing else: a file under the final name only if this run
     * gave it that name, which its unfinished manifest tells.
     *
     * @throws IOException when the disk refuses
     */
    public void discard() throws IOException {
        Path manifestPart = store.resolve(Store.partOf(path + Store.MANIFEST));
        boolean named = !Files.deleteIfExists(store.resolve(partPath())) && Files.exists(manifestPart);
        if (named && !Files.exists(store.resolve(path + Store.MANIFEST))) {
            Files.deleteIfExists(store.resolve(path));
        }
        Files.deleteIfExists(manifestPart);
    }
}
