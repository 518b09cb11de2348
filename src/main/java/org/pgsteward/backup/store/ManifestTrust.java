package org.pgsteward.backup.store;

import java.sql.SQLException;
import java.util.Optional;

/**
 * Decides whether a stored backup may be restored, by a verification or by an operator. A manifest without a valid
 * signature can claim any time and any content. So its own values do not count: only the journal can confirm the file.
 * If this host has no key, no signature can be checked, and dumps are accepted.
 *
 * <p>A base backup contains its own catalog. A superuser of the copy executes the code in it as pgsteward's user of the
 * operating system, so an untrusted base backup is never started. A dump is restored by a role without privileges, so
 * an operator may request it.
 */
public final class ManifestTrust {
    private final JournalledFiles journal;

    /** @param journal confirms files without a valid signature */
    public ManifestTrust(JournalledFiles journal) {
        this.journal = journal;
    }

    /**
     * Returns the reason why the backup must not be restored; empty if it may be.
     *
     * @param asked whether an operator requested it, not the daemon itself
     */
    public Optional<String> refusal(StoredBackup backup, boolean asked) {
        String path = backup.path();
        Manifest manifest = backup.manifest();
        ManifestSignature signature = backup.signature();
        boolean base = manifest.source().kind().equals("base");
        boolean trusted = switch (signature) {
            case VALID -> true;
            case UNCHECKED, MISSING, FOREIGN -> !base && (asked || signature == ManifestSignature.UNCHECKED);
            case WRONG -> false;
        };
        if (trusted) {
            return Optional.empty();
        }
        String why;
        try {
            if (signature != ManifestSignature.WRONG
                    && journal.verified(
                            manifest.identity().eventId(),
                            path,
                            manifest.source().kind(),
                            manifest.file().sha256())) {
                return Optional.empty();
            }
            why = "and the journal has not recorded this file as verified";
        } catch (SQLException e) {
            why = "and the journal cannot be read: " + e.getMessage();
        }
        return Optional.of(path + Store.MANIFEST + " has no valid signature, " + why + ". It is not restored, since"
                + " another program may have written it. Set PGSTEWARD_BACKUP_MANIFEST_KEY_FILE to the key that signed"
                + " it, or remove the file"
                + (base
                        ? ""
                        : "; if you trust it, run 'pgsteward verify --backup "
                                + manifest.identity().backupId() + "'"));
    }
}
