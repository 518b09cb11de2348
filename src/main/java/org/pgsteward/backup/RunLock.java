package org.pgsteward.backup;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * One run per service at a time, across the daemon and any command. The kernel holds the lock and gives it back when its
 * holder dies, so a lock that can be had says that nobody works there.
 *
 * <p>What this very process holds is known without asking the kernel: it takes a file's locks back from a process that
 * closes the file, by whichever of its handles.
 */
public final class RunLock implements AutoCloseable {
    private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

    private final Path file;
    private final FileChannel channel;

    private RunLock(Path file, FileChannel channel) {
        this.file = file;
        this.channel = channel;
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
