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
 * A lock on a file that one holder at a time has, across threads and processes. The kernel releases it when its process
 * dies, so a lock that is free says that no process works there.
 *
 * <p>The kernel releases all locks of a process on a file as soon as the process closes the file, through any of its
 * descriptors. So a lock file is opened only where this process does not hold it: {@link #HELD} answers otherwise, and a
 * lock is touched through the file that is open. {@link java.nio.file.Files#setLastModifiedTime} opens and closes the file.
 */
public final class LockFile implements Closeable {
    private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

    /** Any byte: a write sets the time of the file. */
    private static final int MARK = '\n';

    private final Path file;
    private final RandomAccessFile opened;
    private final AtomicBoolean closed = new AtomicBoolean();

    private LockFile(Path file, RandomAccessFile opened) {
        this.file = file;
        this.opened = opened;
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
     * Sets the time of the file to now: the holder is still at work. An interrupt does not stop this write; through the
     * channel it would close the file, and so release the lock.
     */
    public synchronized void touch() throws IOException {
        opened.seek(0);
        opened.write(MARK);
    }

    /** Releases the lock. If the file cannot be closed, this process may take the lock again all the same. */
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
