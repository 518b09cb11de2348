package org.pgsteward.backup.store;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import org.pgsteward.io.AtomicFile;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The place of a backup in the store while its file is written. The file ends in {@code .part} until {@link #publish} gives it
 * its final name, so a file with a final name is whole.
 */
public final class UnfinishedBackup {
    private static final Logger LOG = LoggerFactory.getLogger(UnfinishedBackup.class);

    private final Store store;
    private final String path;

    /** @param path of the finished backup, relative to the store */
    UnfinishedBackup(Store store, String path) {
        this.store = store;
        this.path = path;
    }

    /** Returns the path of the finished backup, relative to the store. */
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

    /** Returns the name of the finished file in its folder. */
    public String fileName() {
        return path.substring(path.indexOf('/') + 1);
    }

    /**
     * Removes a file or link in the place of the file to write: Camel would follow a link of another program.
     *
     * @throws IOException if the folder is a link, or the removal fails
     */
    public void clear() throws IOException {
        store.requireFolder(path);
        Files.deleteIfExists(store.resolve(partPath()));
    }

    /**
     * Returns the size of the written file in bytes.
     *
     * @throws IOException if it does not exist, or is not a regular file
     */
    public long size() throws IOException {
        Path part = store.resolve(partPath());
        BasicFileAttributes found = Files.readAttributes(part, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        if (!found.isRegularFile()) {
            throw new IOException(part + " is not a regular file: another program put it there");
        }
        return found.size();
    }

    /**
     * Replaces the written file by another name of the file of a stored backup: a hard link. So every backup has a file of its
     * own name, and the content takes space once.
     *
     * @return false if that is impossible, for example on a file system without hard links; the written file is then unchanged
     */
    public boolean share(StoredBackup stored) {
        Path link = store.resolve(Store.partOf(partPath()));
        try {
            Files.deleteIfExists(link);
            Files.createLink(link, store.resolve(stored.path()));
            Files.move(link, partFile(), StandardCopyOption.ATOMIC_MOVE);
            return true;
        } catch (IOException | UnsupportedOperationException e) {
            LOG.debug("{} gets a file of its own, beside {}: {}", path, stored.path(), e.toString());
            discard(link);
            return false;
        }
    }

    private static void discard(Path link) {
        try {
            Files.deleteIfExists(link);
        } catch (IOException e) {
            LOG.debug("the next start removes {}: {}", link, e.toString());
        }
    }

    /**
     * Gives a written {@code .part} its final name, durably: syncs the data, renames the file, syncs the folder, and then does
     * the same for the manifest. The manifest is written before the first rename, so that a process that dies in between
     * leaves an unfinished file, by which the next start finds the backup.
     *
     * @throws IOException if a step fails; the final name then does not exist, or has no manifest
     */
    public void publish(Manifest manifest) throws IOException {
        publish(bytes(manifest, true));
    }

    /**
     * Returns the bytes of the manifest.
     *
     * @param signed whether the key of this host signs it
     * @throws IOException if pgsteward would not read it again
     */
    byte[] bytes(Manifest manifest, boolean signed) throws IOException {
        try {
            ManifestFields.check(manifest);
        } catch (IOException e) {
            throw new IOException(
                    "cannot write the manifest of " + manifest.identity().backupId() + ": " + e.getMessage(), e);
        }
        byte[] bytes =
                signed ? store.manifests().bytes(manifest) : store.manifests().unsignedBytes(manifest);
        if (bytes.length > StoreJson.MOST_BYTES || manifest.contents().rows().size() > StoreJson.MOST_TABLES) {
            throw new IOException("cannot write the manifest of "
                    + manifest.identity().backupId() + ": it has "
                    + manifest.contents().rows().size() + " tables in " + bytes.length + " bytes, and the limits are "
                    + StoreJson.MOST_TABLES + " and " + StoreJson.MOST_BYTES);
        }
        return bytes;
    }

    /** Does the same with the bytes of a manifest, which replaces one of the same name. */
    void publish(byte[] manifest) throws IOException {
        Path part = store.resolve(partPath());
        Path target = store.resolve(path);
        Path folder = store.folderOf(path);
        if (Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
            throw new FileAlreadyExistsException(target.toString(), null, "a backup is never overwritten");
        }
        AtomicFile.sync(part);
        Path manifestPart = store.resolve(Store.partOf(path + Store.MANIFEST));
        AtomicFile.create(manifestPart, manifest, AtomicFile.PRIVATE);
        Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
        AtomicFile.sync(folder);
        Files.move(manifestPart, store.resolve(path + Store.MANIFEST), StandardCopyOption.ATOMIC_MOVE);
        AtomicFile.sync(folder);
    }

    /**
     * Removes the files of a failed run, and no others. A file with the final name belongs to this run only if the run has an
     * unfinished manifest.
     *
     * @throws IOException if the removal fails
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
