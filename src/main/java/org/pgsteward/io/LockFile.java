package org.pgsteward.io;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A lock on a file that one holder at a time has, across threads and processes. The kernel releases it when its process
 * dies, so a lock that is free says that no process works there.
 *
 * <p>The kernel releases all locks of a process on a file as soon as the process closes the file, through any of its
 * descriptors. So a lock file is opened only where this process does not hold it: {@link #HELD} answers otherwise, and a
 * lock is touched through its own channel. {@link java.nio.file.Files#setLastModifiedTime} opens and closes the file.
 */
public final class LockFile implements Closeable {
    private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

    /** Any byte: a write sets the time of the file. */
    private static final byte[] MARK = {'\n'};

    private final Path file;
    private final FileChannel channel;

    private LockFile(Path file, FileChannel channel) {
        this.file = file;
        this.channel = channel;
    }

    /**
     * Returns the lock; empty while another holder has it, in this process or another.
     *
     * @param file is made if it is not there; its folder must exist
     * @throws IOException when the file cannot be opened
     */
    public static Optional<LockFile> take(Path file) throws IOException {
        return take(file, false);
    }

    /**
     * Returns the lock, and waits while another process holds it.
     *
     * @throws IOException when the file cannot be opened, or the thread is interrupted
     * @throws IllegalStateException when this process holds it; its threads agree among themselves
     */
    public static LockFile await(Path file) throws IOException {
        return take(file, true).orElseThrow(() -> new IllegalStateException("this process already holds " + file));
    }

    private static Optional<LockFile> take(Path file, boolean waits) throws IOException {
        Path real = file.resolveSibling("").toRealPath().resolve(file.getFileName());
        if (!HELD.add(real)) {
            return Optional.empty();
        }
        boolean taken = false;
        FileChannel channel = null;
        try {
            channel = FileChannel.open(real, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            taken = (waits ? channel.lock() : channel.tryLock()) != null;
            return taken ? Optional.of(new LockFile(real, channel)) : Optional.empty();
        } finally {
            if (!taken) {
                if (channel != null) {
                    channel.close();
                }
                HELD.remove(real);
            }
        }
    }

    /** Sets the time of the file to now: the holder is still at work. */
    public void touch() throws IOException {
        channel.write(ByteBuffer.wrap(MARK), 0);
    }

    @Override
    public void close() throws IOException {
        if (channel.isOpen()) {
            channel.close();
            HELD.remove(file);
        }
    }

    @Override
    public String toString() {
        return file.toString();
    }
}
