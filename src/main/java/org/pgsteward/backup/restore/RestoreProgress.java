package org.pgsteward.backup.restore;

/** Told how far a restore has come. */
public interface RestoreProgress {
    /** Nobody looks. */
    RestoreProgress QUIET = new RestoreProgress() {
        @Override
        public void step(String what) {}

        @Override
        public void poured(long bytes, long total) {}
    };

    /** A step is done; what it was, in a few words. */
    void step(String what);

    /** So many bytes of the dump, uncompressed, have been handed over to the server. */
    void poured(long bytes, long total);
}
