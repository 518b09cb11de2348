package org.pgsteward.backup.store;

import java.time.Instant;
import java.util.Optional;

/** How the signature of a manifest compares with the keys of this host. */
public enum ManifestSignature {
    /** One of the keys of this host signed the manifest as it is. */
    VALID,
    /** A key of this host is named, and the manifest is not what it signed. */
    WRONG,
    /** A key is named that this host does not have. */
    FOREIGN,
    /** There is none: an older version wrote the manifest, or another program removed the signature. */
    MISSING,
    /** This host has no key. */
    UNCHECKED;

    /**
     * Returns why a manifest cannot be what pgsteward wrote; empty where it can be. A backup from before the first signed
     * one needs no signature: the version that made it may have signed nothing, or with a key that was lost.
     *
     * @param startedAt when the backup began
     * @param signedSince when the first backup with a valid signature began; empty where there is none
     */
    Optional<String> alteration(Instant startedAt, Optional<Instant> signedSince) {
        boolean later = signedSince.filter(startedAt::isAfter).isPresent();
        return switch (this) {
            case VALID, UNCHECKED -> Optional.empty();
            case WRONG -> Optional.of("its manifest was changed since it was written: the signature does not match");
            case MISSING ->
                later
                        ? Optional.of("its manifest has no signature, and those of backups since " + signedSince.get()
                                + " have one: another program changed it or wrote it")
                        : Optional.empty();
            case FOREIGN ->
                later
                        ? Optional.of("its manifest is signed with a key that is not here, and those of backups since "
                                + signedSince.get() + " with one that is: another program wrote it; if that is another"
                                + " pgsteward, give both the same PGSTEWARD_BACKUP_MANIFEST_KEY_FILE")
                        : Optional.empty();
        };
    }
}
