package org.pgsteward.backup.verify;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.pgsteward.backup.store.DiskNeedRule;
import org.pgsteward.backup.store.DiskSpace;
import org.pgsteward.io.Threads;
import org.pgsteward.model.Inodes;
import org.pgsteward.postgres.Progress;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A watch that cancels a verification before it fills the disk. A restored database may contain code that writes
 * without end, and most hosts keep the store and PostgreSQL on the same disk.
 */
final class ScratchWatch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ScratchWatch.class);

    private static final long LOOK_MILLISECONDS = 500;

    /** The interval while the disk is nearly full. */
    private static final long SHORT_LOOK_MILLISECONDS = 100;

    /** The free bytes below which a disk is nearly full. A tenth of the disk replaces it where that is more. */
    private static final long NEARLY_FULL_BYTES = 1024L * 1024 * 1024;

    /** The free bytes that are left to PostgreSQL and the store. */
    private static final long LEFT_TO_OTHERS_BYTES = 256L * 1024 * 1024;

    /** The free inodes that are left to PostgreSQL and the store. Each file takes one, and some disks have few. */
    private static final long LEFT_TO_OTHERS_FILES = 32 * 1024;

    /** The number of files that a verification of an ordinary database never reaches. */
    private static final long FEW_FILES = 8 * 1024;

    /** The free inodes below which they are counted more often. */
    private static final long NEARLY_NO_FILES = 128 * 1024;

    private static final Duration COUNT = Duration.ofSeconds(10);

    private static final Duration SHORT_COUNT = Duration.ofSeconds(2);

    private final Path folder;
    private final long promised;
    private final Progress work;
    private final CountDownLatch closed = new CountDownLatch(1);

    private ScratchWatch(Path folder, long promised, Progress work) {
        this.folder = folder;
        this.promised = promised;
        this.work = work;
    }

    /**
     * Begins a watch, which lasts until it is closed. A disk that does not report its free space is not watched.
     *
     * @param folder the folder of the scratch clusters; it need not exist yet
     * @param promised the bytes that the verification is expected to take at most
     * @param work the work to cancel
     */
    static ScratchWatch begin(Path folder, long promised, Progress work) {
        Path existing = DiskSpace.existing(folder);
        ScratchWatch watch = new ScratchWatch(existing, promised, work);
        Optional<Free> free = watch.free();
        Threads.start("scratch-watch", 128 * 1024, () -> free.ifPresent(watch::watch));
        return watch;
    }

    /** The free and total bytes of a disk. */
    private record Free(long free, long total) {
        private boolean isNearlyNothing() {
            return free < Math.max(NEARLY_FULL_BYTES, total / 10);
        }
    }

    private Optional<Free> free() {
        try {
            FileStore disk = Files.getFileStore(folder);
            return Optional.of(new Free(disk.getUsableSpace(), disk.getTotalSpace()));
        } catch (IOException e) {
            LOG.warn("cannot watch the free space of {}: {}", folder, e.toString());
            return Optional.empty();
        }
    }

    private void watch(Free atBegin) {
        Optional<Inodes> filesAtBegin = Inodes.of(folder);
        Optional<Inodes> files = filesAtBegin;
        long counted = System.nanoTime();
        Optional<Free> now = Optional.of(atBegin);
        while (now.isPresent() && !isClosedAfterALook(now.get())) {
            now = free();
            if (now.filter(free -> isTooMuch(promised, atBegin.free(), free.free(), free.total()))
                    .isPresent()) {
                cancel(DiskNeedRule.words(atBegin.free() - now.get().free()) + " (expected in all: "
                        + DiskNeedRule.words(promised) + "), and left "
                        + DiskNeedRule.words(now.get().free()));
                return;
            }
            if (files.isPresent()
                    && System.nanoTime() - counted > count(files.get()).toNanos()) {
                files = Inodes.of(folder);
                counted = System.nanoTime();
                if (files.isPresent()
                        && isTooMany(filesAtBegin.get().free(), files.get().free())) {
                    cancel((filesAtBegin.get().free() - files.get().free()) + " files, and left "
                            + files.get().free());
                    return;
                }
            }
        }
    }

    private boolean isClosedAfterALook(Free now) {
        try {
            return closed.await(
                    now.isNearlyNothing() ? SHORT_LOOK_MILLISECONDS : LOOK_MILLISECONDS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            return true;
        }
    }

    private static Duration count(Inodes files) {
        return files.free() < NEARLY_NO_FILES ? SHORT_COUNT : COUNT;
    }

    private void cancel(String took) {
        String why = "the restore took " + took + " free on " + folder
                + "; the disk is too small, or a function in the database writes there";
        work.cancel(why).forEach(trouble -> LOG.warn("{}: {}", work.name(), trouble));
    }

    /**
     * Returns whether the verification must be cancelled. All parameters are in bytes. Other programs may write to the
     * disk as well, so a verification may exceed its promise while there is room. When the disk is almost full, a large
     * verification is cancelled even within its promise.
     */
    static boolean isTooMuch(long promised, long freeAtBegin, long free, long total) {
        long taken = freeAtBegin - free;
        return (taken > 2 * promised && new Free(free, total).isNearlyNothing())
                || (taken > Math.min(promised, LEFT_TO_OTHERS_BYTES) && free < LEFT_TO_OTHERS_BYTES);
    }

    /**
     * Returns whether the verification took too many files. Both parameters count the files that the disk can still
     * take.
     */
    static boolean isTooMany(long freeAtBegin, long free) {
        return freeAtBegin - free > FEW_FILES && free < LEFT_TO_OTHERS_FILES;
    }

    @Override
    public void close() {
        closed.countDown();
    }
}
