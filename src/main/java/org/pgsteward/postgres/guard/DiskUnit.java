package org.pgsteward.postgres.guard;

/** What a disk may run short of. */
public enum DiskUnit {
    BYTES(1L << 30, 256L << 20, 64L << 20, 256L << 10),
    /** Each file takes an inode, and file systems such as ext4 have a fixed number of them. */
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

    /** With so much left, only that is read. */
    public long watched() {
        return watched;
    }

    /** With less left, whoever takes much of it is stopped. */
    long few() {
        return few;
    }

    /**
     * With so much left, roles that were stopped may log in again. It is less than {@link #few}, since a role that was stopped may
     * keep what it took, and others need the disk, too.
     */
    public long enough() {
        return few / 2;
    }

    /** With less left, nothing may be left before the next reading. */
    long fewest() {
        return fewest;
    }

    /** Less than this is never much. */
    long least() {
        return least;
    }
}
