package org.pgsteward.postgres.guard;

import java.time.Duration;

/**
 * A worker of autovacuum in the database of an ordinary role.
 *
 * @param owner of the database
 * @param work such as {@code autovacuum: ANALYZE public.pages}
 * @param bytes of private memory
 * @param limit of the memory of the server's container, in bytes
 * @param analyzed how long it has analyzed one table; zero if it does something else
 */
public record AutovacuumWorker(
        int pid, String owner, String database, String work, long bytes, long limit, Duration analyzed) {
    /** Share of the limit. PostgreSQL ends all sessions if the workers and the sessions together reach the limit. */
    private static final double LARGE_SHARE = 0.2;

    /** Bytes a second of a slow disk. The sample of a table may be the whole table. */
    private static final long SLOW_DISK = 1 << 20;

    /** Returns whether it has so much memory that other services are at risk. */
    public boolean isLarge() {
        return bytes > limit * LARGE_SHARE;
    }

    /**
     * Returns whether it takes too long.
     *
     * @param longest for a small database
     * @param size of the database in bytes
     */
    boolean isSlow(Duration longest, long size) {
        return analyzed.compareTo(longest.plusSeconds(size / SLOW_DISK)) > 0;
    }
}
