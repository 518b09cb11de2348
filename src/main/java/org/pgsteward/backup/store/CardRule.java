package org.pgsteward.backup.store;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * Which backups {@link RecoveryCard} lists: those that a restore would take, where this host has a key. Pure.
 *
 * @param verified the hashes of the files of verified backups, by their ids; an empty one is not known
 * @param signedSince as in {@link Inventory#signedSince}
 */
record CardRule(Map<String, String> verified, Optional<Instant> signedSince) {
    /** The values of a manifest that decide. */
    interface Values {
        /** Of the file, relative to the store. */
        String path();

        String backupId();

        String sha256();

        Instant startedAt();

        ManifestSignature signature();
    }

    /** Another program may copy the id of a verified backup into a manifest of its own: the file has that name too. */
    boolean isVerified(Values backup) {
        String hash = verified.get(backup.backupId());
        return hash != null && isCalledByItsId(backup) && (hash.isEmpty() || hash.equals(backup.sha256()));
    }

    /** Returns why it is not listed; empty where it is. */
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
                        : Optional.of("no key here has signed its manifest, and the journal does not have its file as"
                                + " verified");
        };
    }

    private static boolean isCalledByItsId(Values backup) {
        String file = backup.path().substring(backup.path().indexOf('/') + 1);
        return file.startsWith(backup.backupId() + ".");
    }
}
