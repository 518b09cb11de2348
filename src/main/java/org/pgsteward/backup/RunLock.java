package org.pgsteward.backup;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/**
 * One run per service at a time, across the daemon and any command. The kernel holds the lock and gives it back when its
 * holder dies, so a lock that can be had says that nobody works there.
 */
public final class RunLock implements AutoCloseable {
    private final FileChannel channel;

    private RunLock(FileChannel channel) {
        this.channel = channel;
    }

    /** Empty while somebody else holds it. */
    public static Optional<RunLock> take(Path locks, String service) throws IOException {
        return ofFolder(locks, Store.folder(service));
    }

    /** The same, by the name of the service's folder in the store. */
    static Optional<RunLock> ofFolder(Path locks, String folder) throws IOException {
        Files.createDirectories(locks);
        FileChannel channel =
                FileChannel.open(locks.resolve(folder + ".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            FileLock lock = channel.tryLock();
            if (lock != null) {
                return Optional.of(new RunLock(channel));
            }
        } catch (OverlappingFileLockException e) {
            // Held by this very process: the same answer.
            channel.close();
            return Optional.empty();
        }
        channel.close();
        return Optional.empty();
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
