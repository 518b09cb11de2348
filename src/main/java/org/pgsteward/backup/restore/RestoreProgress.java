package org.pgsteward.backup.restore;

/** A receiver of the progress of a restore. */
public interface RestoreProgress {
    /** A receiver that ignores the progress. */
    RestoreProgress QUIET = new RestoreProgress() {
        @Override
        public void step(String what) {}

        @Override
        public void poured(long bytes, long total) {}
    };

    /**
     * Reports that a step is done.
     *
     * @param what the step in a few words
     */
    void step(String what);

    /**
     * Reports the progress of the data, in uncompressed bytes.
     *
     * @param bytes the bytes of the dump that were handed to pg_restore
     * @param total the bytes of the whole dump
     */
    void poured(long bytes, long total);
}
