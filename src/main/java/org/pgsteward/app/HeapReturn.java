package org.pgsteward.app;

import java.util.function.LongSupplier;

/**
 * Gives unused heap back to the host.
 *
 * <p>The heap grows in bursts: at the start, and in each night. Only a full collection makes it smaller, and an idle daemon has
 * no reason for one. A full collection takes some 50 ms, and each burst causes one.
 */
final class HeapReturn {
    /** Growth in bytes that is worth a collection. */
    private static final long WORTHWHILE = 4L << 20;

    private final LongSupplier committed;
    private final Runnable collect;
    private long kept;

    /**
     * @param committed the bytes that the heap has from the host
     * @param collect collects all garbage
     */
    HeapReturn(LongSupplier committed, Runnable collect) {
        this.committed = committed;
        this.collect = collect;
    }

    static HeapReturn ofThisProcess() {
        Runtime runtime = Runtime.getRuntime();
        return new HeapReturn(runtime::totalMemory, runtime::gc);
    }

    /** Collects if the heap has grown since the last collection of this kind. */
    void look() {
        if (committed.getAsLong() - kept >= WORTHWHILE) {
            collect.run();
            kept = committed.getAsLong();
        }
    }
}
