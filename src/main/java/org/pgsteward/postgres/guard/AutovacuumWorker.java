package org.pgsteward.postgres.guard;

import java.time.Duration;

/**
 * An autovacuum worker in the database of an ordinary role.
 *
 * @param owner the owner of the database
 * @param work such as {@code autovacuum: ANALYZE public.pages}
 * @param bytes private memory, in bytes
 * @param limit the memory limit of the server's container, in bytes
 * @param analyzed how long it has analyzed one table; zero if it does other work
 */
public record AutovacuumWorker(
        int pid, String owner, String database, String work, long bytes, long limit, Duration analyzed) {
    /** A share of the limit. If workers and sessions together reach the limit, PostgreSQL ends all sessions. */
    private static final double LARGE_SHARE = 0.2;

    /** The speed of a slow disk, in bytes a second. The sample of a table may be the whole table. */
    private static final long SLOW_DISK = 1 << 20;

    /** Returns whether the worker uses so much memory that other services are at risk. */
    public boolean isLarge() {
        return bytes > limit * LARGE_SHARE;
    }

    /**
     * Returns whether the worker takes too long.
     *
     * @param longest the limit for a small database
     * @param size the size of the database, in bytes
     */
    boolean isSlow(Duration longest, long size) {
        return analyzed.compareTo(longest.plusSeconds(size / SLOW_DISK)) > 0;
    }
}
