package org.pgsteward.backup.store;

import java.util.List;
import java.util.Locale;

/**
 * Decides whether the disk has enough space for a backup and its verification. Pure.
 *
 * <p>The estimate for a service's next backup is based on its last ones, for a first backup on the size of the
 * database. A backup that cannot fit should not begin: it would fill the disk, on which PostgreSQL may be too. No
 * further space is required.
 */
public final class DiskNeedRule {
    /**
     * The estimated share of the database's size for a first dump. Text takes a quarter, compressed data takes more.
     */
    private static final double FIRST = 0.5;

    /** The factor by which a database may grow between two nights. */
    private static final double GROWTH = 1.2;

    /**
     * The number of backups in the estimate. One small backup, for example after a large deletion, must not decide
     * alone.
     */
    private static final int LAST = 3;

    private static final long MIB = 1024 * 1024;

    /** Bytes of an empty cluster, 39 MiB, and of the cluster from which it is copied. */
    private static final long EMPTY_CLUSTER = 80 * MIB;

    /** Bytes of the scratch cluster's WAL, limited by its max_wal_size. */
    private static final long CHANGES = 128 * MIB;

    private static final List<Long> UNITS = List.of(1L, 1024L, MIB, 1024 * MIB);

    private static final List<String> NAMES = List.of("bytes", "KiB", "MiB", "GiB");

    private DiskNeedRule() {}

    /**
     * The needed space in bytes.
     *
     * @param store the size of the backup file
     * @param scratch the size of the cluster into which it is restored
     */
    public record Need(long store, long scratch) {}

    /**
     * The free space in bytes.
     *
     * @param store on the file system of {@code storePath}
     * @param scratch on the file system of {@code scratchPath}
     * @param same whether both are on one file system
     */
    public record Free(String storePath, long store, String scratchPath, long scratch, boolean same) {
        /** Returns the free space without {@code promised} bytes on the disk of the scratch clusters. */
        public Free without(long promised) {
            return new Free(storePath, same ? store - promised : store, scratchPath, scratch - promised, same);
        }
    }

    /** @param reason such as {@code needs about 1.4 GiB, 0.9 GiB free on /var/backups} */
    public record Answer(boolean fits, String reason) {}

    /**
     * Returns the estimated need of a backup.
     *
     * @param lastSizes the sizes in bytes of the service's last backups of this kind, newest first; empty for the first
     *     backup
     * @param databaseBytes the present size of the database; 0 if the backup is not of a database
     */
    public static Need need(List<Long> lastSizes, long databaseBytes) {
        long store = lastSizes.isEmpty()
                ? (long) (databaseBytes * FIRST)
                : (long) (lastSizes.stream()
                                .limit(LAST)
                                .mapToLong(Long::longValue)
                                .max()
                                .orElseThrow()
                        * GROWTH);
        return new Need(store, scratch(databaseBytes));
    }

    /** Returns the size in bytes of a scratch cluster with a database of {@code databaseBytes}. */
    public static long scratch(long databaseBytes) {
        return EMPTY_CLUSTER + databaseBytes + Math.min(databaseBytes, CHANGES);
    }

    /** Returns whether the backup fits. The reason names the disk that is too small. */
    public static Answer judge(Need need, Free free) {
        if (free.same()) {
            // The file remains during the restore.
            return judge(need.store() + need.scratch(), "", free.store(), free.storePath());
        }
        Answer store = judge(need.store(), "", free.store(), free.storePath());
        return store.fits()
                ? judge(need.scratch(), " for its verification", free.scratch(), free.scratchPath())
                : store;
    }

    private static Answer judge(long need, String purpose, long free, String path) {
        long left = Math.max(free, 0);
        int unit = unit(need);
        // Uses a finer unit if both amounts would look equal.
        while (unit > 0 && need != left && words(need, unit).equals(words(left, Math.min(unit, unit(left))))) {
            unit--;
        }
        return new Answer(
                need <= free,
                "needs about " + words(need, unit) + purpose + ", " + words(left, Math.min(unit, unit(left)))
                        + " free on " + path);
    }

    /** Returns an amount of bytes as text, such as {@code 208 MiB}. */
    public static String words(long bytes) {
        return words(bytes, unit(bytes));
    }

    /** Returns the largest unit in which the amount does not round to 0. */
    private static int unit(long bytes) {
        int unit = UNITS.size() - 1;
        while (unit > 0 && (double) bytes / UNITS.get(unit) < (unit == UNITS.size() - 1 ? 0.1 : 1)) {
            unit--;
        }
        return unit;
    }

    private static String words(long bytes, int unit) {
        return String.format(
                Locale.ROOT,
                unit == UNITS.size() - 1 ? "%.1f %s" : "%.0f %s",
                (double) bytes / UNITS.get(unit),
                NAMES.get(unit));
    }
}
