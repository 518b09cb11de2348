package org.pgsteward.backup;

import java.io.IOException;
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
 * One run per service at a time, across the daemon and any command. The kernel holds the lock and gives it back when its
 * holder dies, so a lock that can be had says that nobody works there.
 *
 * <p>What this very process holds is known without asking the kernel: it takes a file's locks back from a process that
 * closes the file, by whichever of its handles.
 *
 * <p>A process that hangs holds its locks for ever. So each process {@linkplain #attend touches} those that it holds once
 * or twice a minute, and a lock that has not been touched for long belongs to a process that does nothing any more.
 */
public final class RunLock implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RunLock.class);

    private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

    /** Ten times as long as it takes to touch them. */
    private static final Duration ATTENDED = Duration.ofMinutes(5);

    private final Path file;
    private final FileChannel channel;

    private RunLock(Path file, FileChannel channel) {
        this.file = file;
        this.channel = channel;
    }

    /** Touches every lock that this process holds. */
    public static void attend() {
        for (Path file : HELD) {
            touch(file);
        }
    }

    private static void touch(Path file) {
        try {
            Files.setLastModifiedTime(file, FileTime.from(Instant.now()));
        } catch (IOException e) {
            LOG.debug("cannot touch {}: {}", file, e.getMessage());
        }
    }

    /** Whether the process that holds the lock of {@code service} still watches over what it does. */
    public static boolean isAttended(Path locks, String service) {
        try {
            FileTime touched = Files.getLastModifiedTime(locks.resolve(Store.folder(service) + ".lock"));
            return touched.toInstant().plus(ATTENDED).isAfter(Instant.now());
        } catch (IOException e) {
            return false;
        }
    }

    /** Empty while somebody else holds it. */
    public static Optional<RunLock> take(Path locks, String service) throws IOException {
        return ofFolder(locks, Store.folder(service));
    }

    /** The same, by the name of the service's folder in the store. */
    static Optional<RunLock> ofFolder(Path locks, String folder) throws IOException {
        Path file = Files.createDirectories(locks).toRealPath().resolve(folder + ".lock");
        if (!HELD.add(file)) {
            return Optional.empty();
        }
        boolean taken = false;
        FileChannel channel = null;
        try {
            channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            taken = channel.tryLock() != null;
            if (taken) {
                touch(file);
            }
            return taken ? Optional.of(new RunLock(file, channel)) : Optional.empty();
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
            channel.close();
            HELD.remove(file);
        }
    }
}
