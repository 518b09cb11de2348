package org.pgsteward.backup.store;

/**
 * The limit for the manifests that are read from the store. Another program may have put any number of files there. So
 * manifests without a valid signature have a small budget of their own. They never displace a manifest that a key of
 * this host has signed. If this host has no key, all manifests are equal.
 */
final class ManifestBudget {
    /**
     * The largest number of characters of all kept manifests, without the rows of tables. A manifest has about a
     * thousand.
     */
    static final long MOST_KEPT = 12_000_000;

    /**
     * The largest size in bytes of the parsed manifests without a valid signature. Parsing takes time, most of it for
     * rows.
     */
    static final long MOST_UNSIGNED_BYTES = 20_000_000;

    /** The divisor for the characters of kept manifests without a valid signature, relative to those of all others. */
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

    /** @param most the largest number of characters kept of manifests with a valid signature */
    static ManifestBudget of(long most) {
        return new ManifestBudget(most, most / UNSIGNED_PART);
    }

    /** Returns a budget that admits no manifest without a valid signature. */
    static ManifestBudget signedOnly() {
        return new ManifestBudget(MOST_KEPT, -1);
    }

    /** Returns whether the manifest was made by this host, as far as this host can determine. */
    static boolean isOurs(ManifestSignature signature) {
        return signature == ManifestSignature.VALID || signature == ManifestSignature.UNCHECKED;
    }

    /**
     * Returns whether a manifest may be parsed, and counts it if so.
     *
     * @param bytes the size of its file
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

    /**
     * Counts a manifest that is kept.
     *
     * @param characters the number of its characters that the caller keeps
     */
    void keep(ManifestSignature signature, long characters) {
        if (isOurs(signature)) {
            kept += characters;
        } else {
            unsignedKept += characters;
        }
    }

    /** Counts manifests without a valid signature that were parsed earlier and need not be parsed again. */
    void countUnsigned(long bytes) {
        unsignedBytes += bytes;
    }

    /** Returns the size in bytes of the parsed manifests without a valid signature. */
    long unsignedBytes() {
        return unsignedBytes;
    }

    /** Returns whether the budget for manifests with a valid signature is used up. */
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
