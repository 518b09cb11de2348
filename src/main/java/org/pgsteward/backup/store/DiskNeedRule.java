package org.pgsteward.backup.store;

import java.util.List;
import java.util.Locale;

/**
 * Whether there is room for a backup and its proof. Pure.
 *
 * <p>What a service's last backups took says what its next one will take; of a first one nothing is known but the size of
 * the database. A run that cannot fit is better not begun: it would fill the disk that PostgreSQL may lie on, too. No
 * room beyond that is asked for.
 */
public final class DiskNeedRule {
    /** Of a database's size, what a first dump of it may take: text takes a quarter, what is compressed already more. */
    private static final double FIRST = 0.5;

    /** A database grows between two nights. */
    private static final double GROWTH = 1.2;

    /** One small night among larger ones, when somebody had just deleted much, must not set the measure. */
    private static final int LAST = 3;

    private static final long MIB = 1024 * 1024;

    /** Bytes: an empty cluster, 39 MiB, and the one that it is copied from. */
    private static final long EMPTY_CLUSTER = 80 * MIB;

    /** Bytes: what the scratch cluster's log of changes may take, see its max_wal_size. */
    private static final long CHANGES = 128 * MIB;

    private static final List<Long> UNITS = List.of(1L, 1024L, MIB, 1024 * MIB);

    private static final List<String> NAMES = List.of("bytes", "KiB", "MiB", "GiB");

    private DiskNeedRule() {}

    /**
     * In bytes.
     *
     * @param store what the file will take
     * @param scratch what the cluster will take that it is restored into
     */
    public record Need(long store, long scratch) {}

    /**
     * What there is, in bytes.
     *
     * @param store on the file system of {@code storePath}
     * @param scratch on the file system of {@code scratchPath}
     * @param same whether these are one file system
     */
    public record Free(String storePath, long store, String scratchPath, long scratch, boolean same) {
        /** Returns the same less {@code promised} bytes of the disk of the scratch clusters. */
        public Free without(long promised) {
            return new Free(storePath, same ? store - promised : store, scratchPath, scratch - promised, same);
        }
    }

    /** @param reason such as {@code needs about 1.4 GiB, 0.9 GiB free on /var/backups} */
    public record Answer(boolean fits, String reason) {}

    /**
     * @param lastSizes bytes that the service's last backups of this kind took, newest first; none for the first one
     * @param databaseBytes of the database now; 0 where it is not about one
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

    /** Returns the bytes that a scratch cluster takes with a database of {@code databaseBytes} in it. */
    public static long scratch(long databaseBytes) {
        return EMPTY_CLUSTER + databaseBytes + Math.min(databaseBytes, CHANGES);
    }

    /** Whether it fits, and if not, where not. */
    public static Answer judge(Need need, Free free) {
        if (free.same()) {
            // The file stays where it is while it is restored beside it.
            return judge(need.store() + need.scratch(), "", free.store(), free.storePath());
        }
        Answer store = judge(need.store(), "", free.store(), free.storePath());
        return store.fits() ? judge(need.scratch(), " for its proof", free.scratch(), free.scratchPath()) : store;
    }

    private static Answer judge(long need, String purpose, long free, String path) {
        long left = Math.max(free, 0);
        int unit = unit(need);
        // Both in a finer unit where they would look alike.
        while (unit > 0 && need != left && words(need, unit).equals(words(left, Math.min(unit, unit(left))))) {
            unit--;
        }
        return new Answer(
                need <= free,
                "needs about " + words(need, unit) + purpose + ", " + words(left, Math.min(unit, unit(left)))
                        + " free on " + path);
    }

    /** Returns an amount of bytes as a person reads it, such as {@code 208 MiB}. */
    public static String words(long bytes) {
        return words(bytes, unit(bytes));
    }

    /** The largest in which an amount is more than nothing. */
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
