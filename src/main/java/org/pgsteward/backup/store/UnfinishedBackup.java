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
 * The place of a backup in the store while it is written. Its file ends in {@code .part} until {@link #publish} renames
 * it, so a file under its final name is complete.
 */
public final class UnfinishedBackup {
    private final Store store;
    private final String path;

    /** @param path the final path, relative to the store */
    UnfinishedBackup(Store store, String path) {
        this.store = store;
        this.path = path;
    }

    /** Returns the final path, relative to the store. */
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

    /** Returns the final name in its folder. */
    public String fileName() {
        return path.substring(path.indexOf('/') + 1);
    }

    /**
     * Removes an existing file at the path of the new one: Camel would follow a link that another program made there.
     *
     * @throws IOException if the folder is a link, or the disk fails
     */
    public void clear() throws IOException {
        store.requireFolder(path);
        Files.deleteIfExists(store.resolve(partPath()));
    }

    /**
     * Returns the size of the written file in bytes.
     *
     * @throws IOException if it is missing or not a regular file
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
     * Publishes a written {@code .part} durably: syncs the data, renames the file, syncs the folder. The manifest is
     * renamed last, in the same way. The manifest's own {@code .part} exists before any rename, so a process that dies
     * in between leaves an unfinished file behind.
     *
     * @throws IOException if a step fails; the final name then does not exist, or has no manifest
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
     * Removes the files of a failed run, and no others. A file under the final name is removed only if this run renamed
     * it, which its unfinished manifest shows.
     *
     * @throws IOException if the disk fails
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
