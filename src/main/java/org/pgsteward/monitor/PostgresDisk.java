package org.pgsteward.monitor;

import java.io.File;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.pgsteward.model.Inodes;
import org.pgsteward.postgres.guard.DiskUnit;
import org.pgsteward.postgres.guard.FreeSpace;

/** The disk of PostgreSQL's data, as pgsteward sees it. */
final class PostgresDisk implements FreeSpace {
    /** The interval while many files are left. Each reading starts a process. */
    private static final long RARELY = TimeUnit.SECONDS.toNanos(10);

    private static final long OFTEN = TimeUnit.SECONDS.toNanos(2);

    /** The interval while the number falls by more than a hundredth from one reading to the next. */
    private static final long VERY_OFTEN = TimeUnit.MILLISECONDS.toNanos(500);

    private static final int HUNDREDTH = 100;

    private final Path folder;
    private final File disk;
    private Optional<Inodes> inodes = Optional.empty();
    private long nextReading = System.nanoTime();

    PostgresDisk(Path folder) {
        this.folder = folder;
        this.disk = folder.toFile();
    }

    @Override
    public OptionalLong bytes() {
        return disk.getTotalSpace() == 0 ? OptionalLong.empty() : OptionalLong.of(disk.getUsableSpace());
    }

    @Override
    public synchronized OptionalLong files() {
        long now = System.nanoTime();
        if (now - nextReading >= 0) {
            Optional<Inodes> before = inodes;
            inodes = Inodes.of(folder);
            nextReading = now + pause(before);
        }
        return inodes.map(known -> OptionalLong.of(known.free())).orElse(OptionalLong.empty());
    }

    private long pause(Optional<Inodes> before) {
        if (inodes.isEmpty()) {
            return RARELY;
        }
        long free = inodes.get().free();
        boolean falls =
                before.isPresent() && free < before.get().free() - before.get().free() / HUNDREDTH;
        if (falls) {
            return VERY_OFTEN;
        }
        return free < DiskUnit.FILES.watched() ? OFTEN : RARELY;
    }
}
