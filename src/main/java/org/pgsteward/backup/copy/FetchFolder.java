package org.pgsteward.backup.copy;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.pgsteward.backup.underway.RunLock;
import org.pgsteward.postgres.UnprivilegedUser;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A private folder in the scratch folder, for the files that come from a target. Its process holds a lock on it, so a
 * folder whose lock is free is left from a process that ended.
 */
public final class FetchFolder implements AutoCloseable {
    /** Makes a private folder for the files of one copy. */
    @FunctionalInterface
    public interface Rooms {
        FetchFolder make() throws IOException;
    }

    private static final Logger LOG = LoggerFactory.getLogger(FetchFolder.class);

    private static final Pattern NAME = Pattern.compile("fetch-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");
    private static final String LOCK = ".lock";

    private final Path folder;
    private final Path lockFile;
    private final RunLock lock;

    private FetchFolder(Path folder, Path lockFile, RunLock lock) {
        this.folder = folder;
        this.lockFile = lockFile;
        this.lock = lock;
    }

    /**
     * Makes a folder, and removes those of ended processes.
     *
     * @param locks the folder of the locks
     * @throws IOException if the scratch folder cannot be used
     */
    public static FetchFolder make(Path scratch, Path locks, UnprivilegedUser user) throws IOException {
        user.enterable(scratch);
        clear(scratch, locks);
        String name = "fetch-" + UUID.randomUUID();
        FetchFolder made = of(scratch, locks, name).orElseThrow();
        boolean done = false;
        try {
            Files.createDirectory(
                    made.folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            done = true;
            return made;
        } finally {
            if (!done) {
                made.close();
            }
        }
    }

    private static Optional<FetchFolder> of(Path scratch, Path locks, String name) throws IOException {
        return RunLock.ofFolder(locks, name)
                .map(lock -> new FetchFolder(scratch.resolve(name), locks.resolve(name + LOCK), lock));
    }

    /** Removes the folders of ended processes. A folder that cannot be removed is logged. */
    static void clear(Path scratch, Path locks) throws IOException {
        List<String> names;
        try (Stream<Path> children = Files.list(scratch)) {
            names = children.map(child -> child.getFileName().toString())
                    .filter(name -> NAME.matcher(name).matches())
                    .toList();
        }
        for (String name : names) {
            try {
                Optional<FetchFolder> left = of(scratch, locks, name);
                if (left.isPresent()) {
                    left.get().close();
                    LOG.info("removed folder {} of a process that ended", left.get().folder);
                }
            } catch (IOException e) {
                LOG.warn("cannot remove folder {}: {}", scratch.resolve(name), e.getMessage());
            }
        }
    }

    public Path path() {
        return folder;
    }

    @Override
    public void close() throws IOException {
        try {
            remove(folder);
        } finally {
            Files.deleteIfExists(lockFile);
            lock.close();
        }
    }

    /** Removes a folder with its content. Links are not followed. */
    private static void remove(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return;
        }
        Files.walkFileTree(folder, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes found) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path left, IOException failure) throws IOException {
                if (failure != null) {
                    throw failure;
                }
                Files.delete(left);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
