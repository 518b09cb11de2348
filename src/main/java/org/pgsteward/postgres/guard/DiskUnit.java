package org.pgsteward.postgres.guard;

/** The resources of a disk, with the limits of the guard. */
public enum DiskUnit {
    BYTES(1L << 30, 256L << 20, 64L << 20, 256L << 10),
    /** Inodes. Each file takes one, and file systems such as ext4 have a fixed number of them. */
    FILES(1 << 17, 1 << 14, 1 << 12, 256);

    private final long watched;
    private final long few;
    private final long fewest;
    private final long least;

    DiskUnit(long watched, long few, long fewest, long least) {
        this.watched = watched;
        this.few = few;
        this.fewest = fewest;
        this.least = least;
    }

    /** Returns the amount from which the guard reads only the remaining amount. */
    public long watched() {
        return watched;
    }

    /** Returns the amount below which the guard stops a role that takes much of the rest. */
    long few() {
        return few;
    }

    /**
     * Returns the amount from which roles that were stopped may log in again. It is less than {@link #few}: a role that
     * was stopped may keep its data, and others need the disk as well.
     */
    public long enough() {
        return few / 2;
    }

    /** Returns the amount below which the rest may be gone before the next reading. */
    long fewest() {
        return fewest;
    }

    /** Returns the smallest growth that may stop a role. */
    long least() {
        return least;
    }
}
