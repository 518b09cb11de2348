package org.pgsteward.backup.store;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.pgsteward.backup.underway.RunLock;

/** The unfinished files in the folders of services, of runs that died with their process. */
final class Leftovers {
    private final Store store;
    private final Path locks;

    /** @param locks by which runs keep one another out of a folder */
    Leftovers(Store store, Path locks) {
        this.store = store;
        this.locks = locks;
    }

    /** Removes those in folders whose lock is free, and returns these folders. */
    Set<String> discard() throws IOException {
        Set<String> cleared = new TreeSet<>();
        for (Path path : store.folders()) {
            if (parts(path).isEmpty()) {
                continue;
            }
            String folder = path.getFileName().toString();
            Optional<RunLock> lock = RunLock.ofFolder(locks, folder);
            if (lock.isPresent()) {
                try {
                    // Looked at again: until we had the lock, somebody may have been at work here.
                    for (Path part : parts(path)) {
                        new UnfinishedBackup(store, folder + "/" + finalName(part)).discard();
                    }
                    cleared.add(folder);
                } finally {
                    lock.get().close();
                }
            }
        }
        return cleared;
    }

    private static String finalName(Path part) {
        String name = part.getFileName().toString();
        String whole = name.substring(0, name.length() - Store.PART.length());
        return whole.endsWith(Store.MANIFEST) ? whole.substring(0, whole.length() - Store.MANIFEST.length()) : whole;
    }

    /** The files are not looked at, as a walk would: one that is being written may have its final name by then. */
    private static List<Path> parts(Path folder) throws IOException {
        try {
            return FolderNames.in(folder, Store.PART).oldestFirst();
        } catch (NoSuchFileException | NotDirectoryException none) {
            return List.of();
        }
    }
}
