package org.pgsteward.backup.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import org.pgsteward.io.AtomicFile;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Removes a backup in steps between any two of which pgsteward may die.
 *
 * <ol>
 *   <li>{@link #mark}: the manifest is renamed. From here on it is no backup, and can be told from one that is being made.
 *   <li>{@link #deleteFile}.
 *   <li>The journal's row is kept for writing: that is the caller's part.
 *   <li>{@link #forget}: the renamed manifest goes.
 * </ol>
 *
 * What {@link #unfinished} finds was marked and not forgotten, and is taken up again at the second step.
 */
public final class Removal {
    /** Neither a manifest's ending nor that of something unfinished, so that nobody else reads or removes it. */
    private static final String MARK = ".going";

    private static final Logger LOG = LoggerFactory.getLogger(Removal.class);

    private final Store store;

    public Removal(Store store) {
        this.store = store;
    }

    /** @throws IOException when it has no manifest, or the disk refuses; it is then still a backup */
    public void mark(String path) throws IOException {
        Files.move(manifest(path), marked(path), StandardCopyOption.ATOMIC_MOVE);
        AtomicFile.sync(folder(path));
    }

    /** @throws IOException when the disk refuses; it stays marked */
    public void deleteFile(String path) throws IOException {
        Files.deleteIfExists(store.resolve(path));
        AtomicFile.sync(folder(path));
    }

    /** @throws IOException when the disk refuses; it stays marked */
    public void forget(String path) throws IOException {
        Files.deleteIfExists(marked(path));
        AtomicFile.sync(folder(path));
    }

    /** Whether retention is removing it, or was when it ended. */
    public boolean isUnderWay(String path) {
        return Files.exists(marked(path));
    }

    /** Of a service, what was marked and not forgotten. */
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
                throw new IOException("it is of " + manifest.file().name() + " of "
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
