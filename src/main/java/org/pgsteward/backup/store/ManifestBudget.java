package org.pgsteward.backup.store;

/**
 * How many of the manifests in the store are read. Another program may have put any number of files there, so those
 * without a valid signature have a small budget of their own, and never take the place of one that a key of this host has
 * signed. Where this host has no key, all are alike.
 */
final class ManifestBudget {
    /** Characters of all manifests that are kept, without the rows of tables; one has a thousand. */
    static final long MOST_KEPT = 12_000_000;

    /** Bytes of the manifests without a valid signature that are parsed. That takes time, and most of it goes into rows. */
    static final long MOST_UNSIGNED_BYTES = 20_000_000;

    /** The characters of those that are kept are this part of those of all others. */
    private static final int UNSIGNED_PART = 3;

    private final long most;
    private final long mostUnsigned;
    private long kept;
    private long unsignedKept;
    private long unsignedBytes;

    private ManifestBudget(long most, long mostUnsigned) {
        this.most = most;
        this.mostUnsigned = mostUnsigned;
    }

    /** @param most characters that are kept of manifests with a valid signature */
    static ManifestBudget of(long most) {
        return new ManifestBudget(most, most / UNSIGNED_PART);
    }

    /** Of manifests without a valid signature none is read. */
    static ManifestBudget signedOnly() {
        return new ManifestBudget(MOST_KEPT, -1);
    }

    /** Returns whether the manifest was made by this host, as far as this host can know. */
    static boolean isOurs(ManifestSignature signature) {
        return signature == ManifestSignature.VALID || signature == ManifestSignature.UNCHECKED;
    }

    /**
     * Returns whether a manifest may be parsed, and counts it if so.
     *
     * @param bytes of its file
     */
    boolean admits(ManifestSignature signature, long bytes) {
        if (isOurs(signature)) {
            return kept <= most;
        }
        if (unsignedKept > mostUnsigned || unsignedBytes + bytes > MOST_UNSIGNED_BYTES) {
            return false;
        }
        unsignedBytes += bytes;
        return true;
    }

    /** @param characters that the caller keeps of it */
    void keep(ManifestSignature signature, long characters) {
        if (isOurs(signature)) {
            kept += characters;
        } else {
            unsignedKept += characters;
        }
    }

    /** Counts manifests without a valid signature that were parsed at an earlier reading, and need not be again. */
    void countUnsigned(long bytes) {
        unsignedBytes += bytes;
    }

    /** Returns the bytes of the manifests without a valid signature that were parsed. */
    long unsignedBytes() {
        return unsignedBytes;
    }

    /** Returns whether there is no more room for manifests with a valid signature. */
    boolean isFull() {
        return kept > most;
    }

    long most() {
        return most;
    }

    long mostUnsigned() {
        return mostUnsigned;
    }
}
