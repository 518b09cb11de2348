package org.pgsteward.backup.restore;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.pgsteward.backup.underway.RunLock;
import org.pgsteward.postgres.ThrowawayCluster;
import org.pgsteward.postgres.UnfinishedRestore;
import org.pgsteward.postgres.UnprivilegedUser;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The scratch folder of one restore. Restores into several servers may share a scratch folder, and {@link RestoreTurn}
 * only separates restores into one server. So the process of the restore holds a lock on its folder.
 */
final class RestoreFolder implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RestoreFolder.class);

    private static final String LOCK = ".lock";

    /** The age from which a folder is removed that another pgsteward may have made, with its locks in another place. */
    private static final Duration ABANDONED = Duration.ofDays(1);

    private final Path folder;
    private final Path lockFile;
    private final Optional<RunLock> lock;

    private RestoreFolder(Path folder, Path lockFile, Optional<RunLock> lock) {
        this.folder = folder;
        this.lockFile = lockFile;
        this.lock = lock;
    }

    /**
     * Creates the folder, after its lock. A folder whose lock is free therefore belongs to a process that ended.
     *
     * @param locks the folder of the locks, outside of {@code scratch}, to which PostgreSQL's programs may write
     * @param name the random name of the restore
     */
    static RestoreFolder make(Path scratch, Path locks, UnprivilegedUser user, String name)
            throws IOException, InterruptedException {
        if (!user.mayEnter(scratch)) {
            Path folder = Files.createTempDirectory(Path.of("/tmp"), name);
            return new RestoreFolder(user.own(folder), lockFile(locks, name), Optional.empty());
        }
        user.enterable(scratch);
        Path folder = scratch.resolve(name);
        RunLock lock =
                RunLock.ofFolder(locks, name).orElseThrow(() -> new IOException("another restore uses " + folder));
        boolean made = false;
        RestoreFolder ours = new RestoreFolder(folder, lockFile(locks, name), Optional.of(lock));
        try {
            user.own(folder);
            made = true;
            return ours;
        } finally {
            if (!made) {
                ours.close();
            }
        }
    }

    Path path() {
        return folder;
    }

    @Override
    public void close() throws IOException {
        try {
            ThrowawayCluster.remove(folder);
        } finally {
            if (lock.isPresent()) {
                Files.deleteIfExists(lockFile);
                lock.get().close();
            }
        }
    }

    private static Path lockFile(Path locks, String name) {
        return locks.resolve(name + LOCK);
    }

    /** Removes the folders in {@code scratch} whose process has ended, and their locks. */
    static void clear(Path scratch, Path locks, Instant now) {
        Set<String> ours = new TreeSet<>(names(locks));
        for (String name : names(scratch)) {
            if (Objects.equals(scratch.getParent(), locks.getParent()) || isOlder(scratch.resolve(name), now)) {
                ours.add(name);
            }
        }
        for (String name : ours) {
            Path folder = scratch.resolve(name);
            try {
                Optional<RunLock> lock = RunLock.ofFolder(locks, name);
                if (lock.isPresent()) {
                    remove(new RestoreFolder(folder, lockFile(locks, name), lock));
                }
            } catch (IOException | UncheckedIOException e) {
                LOG.warn("cannot remove folder {}: {}", folder, e.getMessage());
            }
        }
    }

    private static boolean isOlder(Path folder, Instant now) {
        try {
            return Files.getLastModifiedTime(folder, LinkOption.NOFOLLOW_LINKS)
                    .toInstant()
                    .plus(ABANDONED)
                    .isBefore(now);
        } catch (IOException e) {
            // Another process has just removed the folder.
            return false;
        }
    }

    private static void remove(RestoreFolder left) throws IOException {
        boolean there = Files.isDirectory(left.folder, LinkOption.NOFOLLOW_LINKS);
        left.close();
        if (there) {
            LOG.warn("removed folder {} of an interrupted restore", left.folder);
        }
    }

    /** Returns the names of restores that have a folder or a lock in {@code parent}. */
    private static Set<String> names(Path parent) {
        Set<String> names = new TreeSet<>();
        if (!Files.isDirectory(parent)) {
            return names;
        }
        try (Stream<Path> children = Files.list(parent)) {
            children.map(child -> child.getFileName().toString())
                    .map(name -> name.endsWith(LOCK) ? name.substring(0, name.length() - LOCK.length()) : name)
                    .filter(name -> name.matches(UnfinishedRestore.NAMES))
                    .forEach(names::add);
        } catch (IOException e) {
            LOG.warn("cannot list the remains of restores in {}: {}", parent, e.getMessage());
        }
        return names;
    }
}
