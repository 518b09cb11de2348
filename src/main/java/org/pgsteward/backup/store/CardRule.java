package org.pgsteward.backup.store;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * Decides which backups {@link RecoveryCard} lists: if this host has a key, only backups that a restore would accept.
 * Pure.
 *
 * @param verified the hashes of the files of verified backups, by their ids; an empty hash is unknown
 * @param signedSince as in {@link Inventory#signedSince}
 */
record CardRule(Map<String, String> verified, Optional<Instant> signedSince) {
    /** The values of a manifest on which the decision depends. */
    interface Values {
        /** Returns the path of the file, relative to the store. */
        String path();

        String backupId();

        String sha256();

        Instant startedAt();

        ManifestSignature signature();
    }

    /**
     * Returns whether the backup is verified. The file name must also contain the id, since another program may copy
     * the id of a verified backup into its own manifest.
     */
    boolean isVerified(Values backup) {
        String hash = verified.get(backup.backupId());
        return hash != null && isCalledByItsId(backup) && (hash.isEmpty() || hash.equals(backup.sha256()));
    }

    /** Returns the reason why the backup is not listed; empty if it is. */
    Optional<String> doubt(Values backup) {
        Optional<String> alteration = backup.signature().alteration(backup.startedAt(), signedSince);
        if (alteration.isPresent()) {
            return alteration;
        }
        return switch (backup.signature()) {
            case VALID, UNCHECKED, WRONG -> Optional.empty();
            case MISSING, FOREIGN ->
                isVerified(backup) && backup.sha256().equals(verified.get(backup.backupId()))
                        ? Optional.empty()
                        : Optional.of(
                                "no key of this host has signed its manifest, and the journal does not have its file"
                                        + " as verified");
        };
    }

    private static boolean isCalledByItsId(Values backup) {
        String file = backup.path().substring(backup.path().indexOf('/') + 1);
        return file.startsWith(backup.backupId() + ".");
    }
}
