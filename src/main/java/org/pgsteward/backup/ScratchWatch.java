package org.pgsteward.backup;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.pgsteward.postgres.Progress;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Cancels a verification that fills the disk. What is restored may hold code that writes without end, and the disk is
 * mostly that of the store and of PostgreSQL as well.
 */
final class ScratchWatch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ScratchWatch.class);

    private static final long LOOK_MILLISECONDS = 500;

    /** Below this or a tenth of the disk, whichever is more, a disk is nearly full. */
    private static final long NEARLY_FULL_BYTES = 1024L * 1024 * 1024;

    private final Path folder;
    private final long freeAtBegin;
    private final long promised;
    private final Progress work;
    private final CountDownLatch closed = new CountDownLatch(1);

    private ScratchWatch(Path folder, long freeAtBegin, long promised, Progress work) {
        this.folder = folder;
        this.freeAtBegin = freeAtBegin;
        this.promised = promised;
        this.work = work;
    }

    /**
     * Watches until it is closed. A disk that does not say how much is free is not watched.
     *
     * @param folder of the scratch clusters; it need not be there yet
     * @param promised bytes that the verification is expected to take there at most
     * @param work that is cancelled
     */
    static ScratchWatch begin(Path folder, long promised, Progress work) {
        Path existing = DiskSpace.existing(folder);
        long free;
        try {
            free = Files.getFileStore(existing).getUsableSpace();
        } catch (IOException e) {
            LOG.warn("the disk of {} is not watched: {}", folder, e.toString());
            free = 0;
        }
        ScratchWatch watch = new ScratchWatch(existing, free, promised, work);
        Thread thread = new Thread(null, watch::watch, "scratch-watch", 128 * 1024);
        thread.setDaemon(true);
        thread.start();
        return watch;
    }

    private void watch() {
        try {
            while (!closed.await(LOOK_MILLISECONDS, TimeUnit.MILLISECONDS)) {
                FileStore disk = Files.getFileStore(folder);
                long free = disk.getUsableSpace();
                if (isTooMuch(promised, freeAtBegin, free, disk.getTotalSpace())) {
                    String why = "restoring it took more than twice the " + DiskNeedRule.words(promised)
                            + " that were expected, and left " + DiskNeedRule.words(free) + " free on " + folder
                            + ": code of the database may write there";
                    work.cancel(why).forEach(trouble -> LOG.warn("{}: {}", work.name(), trouble));
                    return;
                }
            }
        } catch (IOException e) {
            LOG.warn("the disk of {} is not watched any more: {}", folder, e.toString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** All in bytes. Others may write to the disk, too: so more than expected is no trouble while there is room. */
    static boolean isTooMuch(long promised, long freeAtBegin, long free, long total) {
        return freeAtBegin - free > 2 * promised && free < Math.max(NEARLY_FULL_BYTES, total / 10);
    }

    @Override
    public void close() {
        closed.countDown();
    }
}
