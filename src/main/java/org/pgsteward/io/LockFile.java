package org.pgsteward.io;

import java.io.Closeable;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A lock on a file, exclusive across threads and processes. The kernel releases it when the holder's process dies, so a
 * free lock means that no process is at work there.
 *
 * <p>When a process closes a file through any of its descriptors, the kernel releases all locks of that process on the
 * file. A lock file is therefore opened only if this process does not hold its lock, which {@link #HELD} records. For
 * the same reason {@link #touch} writes through the open file: {@link java.nio.file.Files#setLastModifiedTime} opens
 * and closes the file.
 */
public final class LockFile implements Closeable {
    private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

    /** Any byte will do: the write sets the modification time of the file. */
    private static final int MARK = '\n';

    private final Path file;
    private final RandomAccessFile opened;
    private final AtomicBoolean closed = new AtomicBoolean();

    private LockFile(Path file, RandomAccessFile opened) {
        this.file = file;
        this.opened = opened;
    }

    /**
     * Takes the lock without waiting.
     *
     * @param file is created if it does not exist; its folder must exist
     * @return empty while another holder has the lock, in this process or another
     * @throws IOException if the file cannot be opened
     */
    public static Optional<LockFile> take(Path file) throws IOException {
        return take(file, false);
    }

    /**
     * Takes the lock, and waits while another process holds it.
     *
     * @throws IOException if the file cannot be opened, or the thread is interrupted
     * @throws IllegalStateException if this process already holds the lock; threads of one process must coordinate
     *     themselves
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
        RandomAccessFile opened = null;
        try {
            opened = new RandomAccessFile(real.toFile(), "rw");
            taken = (waits ? opened.getChannel().lock() : opened.getChannel().tryLock()) != null;
            return taken ? Optional.of(new LockFile(real, opened)) : Optional.empty();
        } finally {
            if (!taken) {
                try {
                    if (opened != null) {
                        opened.close();
                    }
                } finally {
                    HELD.remove(real);
                }
            }
        }
    }

    /**
     * Sets the modification time of the file to now, as a sign that the holder is still at work. The write does not go
     * through the channel: there an interrupt would close the file and so release the lock.
     */
    public synchronized void touch() throws IOException {
        opened.seek(0);
        opened.write(MARK);
    }

    /** Releases the lock. Even if closing the file fails, this process may take the lock again. */
    @Override
    public void close() throws IOException {
        if (closed.compareAndSet(false, true)) {
            try {
                opened.close();
            } finally {
                HELD.remove(file);
            }
        }
    }

    @Override
    public String toString() {
        return file.toString();
    }
}
