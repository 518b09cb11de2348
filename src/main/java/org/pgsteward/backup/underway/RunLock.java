package org.pgsteward.backup.underway;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One run per service at a time, across the daemon and any command. The kernel holds the lock and releases it when its
 * holder dies, so a lock that is free says that no process works there.
 *
 * <p>The kernel releases all locks of a process on a file as soon as the process closes the file, through any of its
 * descriptors. So a lock file is opened only where this process does not hold it: {@link #HELD} answers otherwise, and a
 * lock is touched through its own channel. {@link Files#setLastModifiedTime} opens and closes the file.
 *
 * <p>A process that hangs holds its locks for ever. So each process {@linkplain #attend touches} those that it holds once
 * or twice a minute, and a lock that was not touched for long belongs to a process that hangs.
 */
public final class RunLock implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RunLock.class);

    private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

    private static final Set<RunLock> TAKEN = ConcurrentHashMap.newKeySet();

    /** Ten times as long as it takes to touch them. */
    private static final Duration ATTENDED = Duration.ofMinutes(5);

    /** Any byte: a write sets the time of the file. */
    private static final byte[] MARK = {'\n'};

    private final Path file;
    private final FileChannel channel;

    private RunLock(Path file, FileChannel channel) {
        this.file = file;
        this.channel = channel;
    }

    /** Touches every lock that this process holds. */
    public static void attend() {
        TAKEN.forEach(RunLock::touch);
    }

    private void touch() {
        try {
            channel.write(ByteBuffer.wrap(MARK), 0);
        } catch (IOException e) {
            LOG.debug("cannot touch {}: {}", file, e.getMessage());
        }
    }

    /** Whether the process that holds the lock of {@code service} still watches over what it does. */
    public static boolean isAttended(Path locks, String service) {
        try {
            FileTime touched = Files.getLastModifiedTime(locks.resolve(ServiceFolder.name(service) + ".lock"));
            return touched.toInstant().plus(ATTENDED).isAfter(Instant.now());
        } catch (IOException e) {
            return false;
        }
    }

    /** Returns the lock; empty while another run holds it, of this process or of another. */
    public static Optional<RunLock> take(Path locks, String service) throws IOException {
        return ofFolder(locks, ServiceFolder.name(service));
    }

    /**
     * Returns the same by the name of a folder, as {@link ServiceFolder} writes it, or of something else that is locked.
     *
     * @throws IOException when the folder of the locks cannot be used
     */
    public static Optional<RunLock> ofFolder(Path locks, String folder) throws IOException {
        Path file = Files.createDirectories(locks).toRealPath().resolve(folder + ".lock");
        if (!HELD.add(file)) {
            return Optional.empty();
        }
        boolean taken = false;
        FileChannel channel = null;
        try {
            channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            taken = channel.tryLock() != null;
            if (!taken) {
                return Optional.empty();
            }
            RunLock lock = new RunLock(file, channel);
            lock.touch();
            TAKEN.add(lock);
            return Optional.of(lock);
        } finally {
            if (!taken) {
                if (channel != null) {
                    channel.close();
                }
                HELD.remove(file);
            }
        }
    }

    @Override
    public void close() throws IOException {
        if (channel.isOpen()) {
            TAKEN.remove(this);
            channel.close();
            HELD.remove(file);
        }
    }
}
