package org.pgsteward.backup.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import org.pgsteward.io.AtomicFile;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Removes a backup in steps. pgsteward may die between any two of them.
 *
 * <ol>
 *   <li>{@link #mark}: the manifest is renamed. From here on the files are no backup, and are distinct from a backup in
 *       progress.
 *   <li>{@link #deleteFile}.
 *   <li>The caller records the removal in the journal or its spool.
 *   <li>{@link #forget}: the renamed manifest is deleted.
 * </ol>
 *
 * <p>An operator may pin the backup at any time. The pin is written first, and then the manifest is looked for. Retention
 * renames the manifest first, and then looks for a pin ({@link #restoreIfPinned}). So one of the two notices the other.
 *
 * <p>{@link #unfinished} returns the backups that were marked and not forgotten. They continue at the second step.
 */
public final class Removal {
    /** Differs from the endings of manifests and unfinished files, so that no other class reads or removes it. */
    private static final String MARK = ".going";

    private static final Logger LOG = LoggerFactory.getLogger(Removal.class);

    private final Store store;

    public Removal(Store store) {
        this.store = store;
    }

    /**
     * Renames the manifest of a backup.
     *
     * @throws IOException if there is no manifest, or the disk fails; the files are then still a backup
     */
    public void mark(String path) throws IOException {
        Files.move(manifest(path), marked(path), StandardCopyOption.ATOMIC_MOVE);
        AtomicFile.sync(folder(path));
    }

    /**
     * Deletes the file of a marked backup.
     *
     * @throws IOException if the disk fails; the backup remains marked
     */
    public void deleteFile(String path) throws IOException {
        Files.deleteIfExists(store.resolve(path));
        AtomicFile.sync(folder(path));
    }

    /**
     * Deletes the renamed manifest, and a pin.
     *
     * @throws IOException if the disk fails; the backup remains marked
     */
    public void forget(String path) throws IOException {
        // A pin that came too late for the file.
        store.pins().remove(path);
        Files.deleteIfExists(marked(path));
        AtomicFile.sync(folder(path));
    }

    /**
     * Makes a marked backup a backup again, if it is pinned and its file is still whole.
     *
     * @return whether it is a backup again
     */
    public boolean restoreIfPinned(String path, long sizeBytes) throws IOException {
        if (store.pins().reason(path).isEmpty()
                || store.problem(path, sizeBytes).isPresent()) {
            return false;
        }
        try {
            Files.move(marked(path), manifest(path), StandardCopyOption.ATOMIC_MOVE);
        } catch (NoSuchFileException raced) {
            return store.isWhole(path);
        }
        AtomicFile.sync(folder(path));
        return true;
    }

    /** Returns whether the removal of the backup has begun, possibly in an ended process. */
    public boolean isUnderWay(String path) {
        return Files.exists(marked(path));
    }

    /** Returns the backups of a service that were marked and not forgotten. */
    public List<Manifest> unfinished(String service) throws IOException {
        Path folder = store.folderOfService(service);
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        ManifestReading manifests = new ManifestReading(store);
        List<Manifest> unfinished = new ArrayList<>();
        manifests.read(folder, Store.MANIFEST + MARK, (file, read) -> {
            Manifest manifest = read.manifest();
            String beside = file.getFileName().toString();
            if (!manifest.source().service().equals(service)
                    || !beside.equals(manifest.file().name() + Store.MANIFEST + MARK)) {
                throw new IOException("it belongs to " + manifest.file().name() + " of service "
                        + manifest.source().service());
            }
            unfinished.add(manifest);
            return ManifestSize.of(manifest);
        });
        manifests.warn(LOG, "not removed");
        return unfinished;
    }

    private Path folder(String path) {
        return store.resolve(path.substring(0, path.indexOf('/')));
    }

    private Path manifest(String path) {
        return store.resolve(path + Store.MANIFEST);
    }

    private Path marked(String path) {
        return store.resolve(path + Store.MANIFEST + MARK);
    }
}
