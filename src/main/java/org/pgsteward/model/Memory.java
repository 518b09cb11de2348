package org.pgsteward.model;

/**
 * What a container uses of what it may use, counted as {@code docker stats} counts it: without the page cache that the
 * kernel gives back on demand.
 *
 * @param usedBytes bytes in use
 * @param limitBytes the container's limit, or the host's memory where none is set
 */
public record Memory(long usedBytes, long limitBytes) {
    public Memory {
        if (usedBytes < 0 || limitBytes <= 0) {
            throw new IllegalArgumentException("memory of " + usedBytes + " bytes used of " + limitBytes);
        }
    }

    /** The share in use, 0 to 1 (and above while a limit is being lowered). */
    public double ratio() {
        return (double) usedBytes / limitBytes;
    }
}
