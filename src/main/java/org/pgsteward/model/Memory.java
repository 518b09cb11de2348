package org.pgsteward.model;

/**
 * A container's memory use and limit, counted as {@code docker stats} counts it: without the page cache that the kernel
 * can reclaim at any time.
 *
 * @param usedBytes bytes in use
 * @param limitBytes the container's limit; the host's memory if no limit is set
 */
public record Memory(long usedBytes, long limitBytes) {
    public Memory {
        if (usedBytes < 0 || limitBytes <= 0) {
            throw new IllegalArgumentException("invalid memory sample: " + usedBytes + " bytes used of " + limitBytes);
        }
    }

    /** Returns the share in use, 0 to 1. It exceeds 1 while a limit is being lowered. */
    public double ratio() {
        return (double) usedBytes / limitBytes;
    }
}
