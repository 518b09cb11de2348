package org.pgsteward.backup.underway;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.pgsteward.io.LockFile;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A lock that allows one run per service at a time, across the daemon and all commands.
 *
 * <p>A process that hangs holds its locks for ever. So each process {@linkplain #attend touches} its locks once or
 * twice a minute. A lock that was not touched for long belongs to a process that hangs.
 */
public final class RunLock implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RunLock.class);

    private static final Set<RunLock> TAKEN = ConcurrentHashMap.newKeySet();

    /**
     * The age from which an untouched lock belongs to a process that hangs: ten times the longest time between two
     * touches.
     */
    private static final Duration ATTENDED = Duration.ofMinutes(5);

    private final LockFile file;

    private RunLock(LockFile file) {
        this.file = file;
    }

    /** Touches every lock that this process holds. */
    public static void attend() {
        TAKEN.forEach(RunLock::touch);
    }

    private void touch() {
        try {
            file.touch();
        } catch (IOException e) {
            LOG.debug("cannot touch {}: {}", file, e.getMessage());
        }
    }

    /**
     * Returns whether the process that holds the lock of {@code service} touched it within five minutes; false if the
     * lock file cannot be read.
     */
    public static boolean isAttended(Path locks, String service) {
        try {
            FileTime touched = Files.getLastModifiedTime(locks.resolve(ServiceFolder.name(service) + ".lock"));
            return touched.toInstant().plus(ATTENDED).isAfter(Instant.now());
        } catch (IOException e) {
            return false;
        }
    }

    /** Returns the lock of a service; empty while another run holds it, in this process or another one. */
    public static Optional<RunLock> take(Path locks, String service) throws IOException {
        return ofFolder(locks, ServiceFolder.name(service));
    }

    /**
     * Returns the lock of a folder or another object; empty while another run holds it, in this process or another one.
     *
     * @param folder the folder's name as {@link ServiceFolder} writes it, or another name for the lock file
     * @throws IOException if the folder of the locks cannot be used
     */
    public static Optional<RunLock> ofFolder(Path locks, String folder) throws IOException {
        Optional<LockFile> file = LockFile.take(Files.createDirectories(locks).resolve(folder + ".lock"));
        Optional<RunLock> lock = file.map(RunLock::new);
        lock.ifPresent(taken -> {
            taken.touch();
            TAKEN.add(taken);
        });
        return lock;
    }

    @Override
    public void close() throws IOException {
        TAKEN.remove(this);
        file.close();
    }
}
