package org.pgsteward.backup.store;

import java.time.Instant;
import java.util.Optional;

/** The result of comparing a manifest's signature with the keys of this host. */
public enum ManifestSignature {
    /** A key of this host signed the manifest, and it is unaltered. */
    VALID,
    /** The signature names a key of this host, but does not match the manifest. */
    WRONG,
    /** The signature names a key that this host does not have. */
    FOREIGN,
    /** There is no signature: an older version wrote the manifest, or another program removed the signature. */
    MISSING,
    /** This host has no key. */
    UNCHECKED;

    /**
     * Returns the reason why a manifest cannot come from pgsteward unaltered; empty if it can. A backup from before the
     * first signed one needs no signature. Its version of pgsteward may have signed no manifests, or with a key that
     * was lost.
     *
     * @param startedAt the start of the backup
     * @param signedSince the start of the first backup with a valid signature; empty if there is none
     */
    Optional<String> alteration(Instant startedAt, Optional<Instant> signedSince) {
        boolean later = signedSince.filter(startedAt::isAfter).isPresent();
        return switch (this) {
            case VALID, UNCHECKED -> Optional.empty();
            case WRONG -> Optional.of("its manifest was changed since it was written: the signature does not match");
            case MISSING ->
                later
                        ? Optional.of("its manifest has no signature, but manifests of backups since "
                                + signedSince.get() + " have one; another program changed or wrote it")
                        : Optional.empty();
            case FOREIGN ->
                later
                        ? Optional.of("its manifest is signed with a key that this host does not have, but manifests of"
                                + " backups since " + signedSince.get() + " with a key of this host; another program"
                                + " wrote it. If that is another pgsteward, give both the same"
                                + " PGSTEWARD_BACKUP_MANIFEST_KEY_FILE")
                        : Optional.empty();
        };
    }
}
