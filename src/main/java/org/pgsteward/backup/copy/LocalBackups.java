package org.pgsteward.backup.copy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Optional;
import org.pgsteward.backup.store.AgeKeys;
import org.pgsteward.backup.store.Store;
import org.pgsteward.backup.store.StoredBackup;
import org.pgsteward.backup.store.StoredFile;
import org.pgsteward.io.BoundedFile;
import org.pgsteward.io.Sha256;
import org.pgsteward.journal.CopyRows.Candidate;
import org.pgsteward.model.BackupCopy;
import org.pgsteward.model.FirstCause;

/** Reads the files of the store that a target gets. */
final class LocalBackups {
    private static final int LARGEST_DOCUMENT = 16 << 20;

    private final Store store;
    private final AgeKeys keys;
    private final long bytesPerSecond;

    /** @param bytesPerSecond the limit of an upload; 0 for none */
    LocalBackups(Store store, AgeKeys keys, long bytesPerSecond) {
        this.store = store;
        this.keys = keys;
        this.bytesPerSecond = bytesPerSecond;
    }

    /** The file of a backup on this host is missing or damaged. It is no fault of the target. */
    static final class LocalFault extends IOException {
        private static final long serialVersionUID = 1;

        LocalFault(String message) {
            super(message);
        }
    }

    /**
     * Returns the file of a backup, whose manifest must have the hash of the journal.
     *
     * @param sameAs the path of a copy at the target with the same content
     */
    Outgoing dump(Candidate candidate, BackupCopy copy, Optional<String> sameAs) throws LocalFault {
        String path = copy.source().path();
        StoredFile file = file(candidate, path);
        return new Outgoing(
                path,
                file.file(),
                file.manifest().file().sizeBytes(),
                file.manifest().file().sha256(),
                copy.source().backupId(),
                sameAs,
                Optional.of(file),
                copy.isOurs(),
                bytesPerSecond);
    }

    private StoredFile file(Candidate candidate, String path) throws LocalFault {
        try {
            StoredBackup stored = store.stored(path);
            Optional<String> alteration = store.alteration(stored);
            if (alteration.isPresent()) {
                throw new LocalFault(path + " is not copied: " + alteration.get());
            }
            if (!stored.manifest()
                    .file()
                    .sha256()
                    .equals(candidate.backup().file().sha256())) {
                throw new LocalFault(path + " is not copied: its manifest differs from the journal");
            }
            return store.file(stored, keys);
        } catch (LocalFault e) {
            throw e;
        } catch (IOException e) {
            throw new LocalFault(path + " is not copied: " + FirstCause.of(e));
        }
    }

    /** Checks the file after a failed upload, whose reason may be here. */
    static void requireIntact(Outgoing dump) throws LocalFault {
        try {
            dump.dump().orElseThrow().check();
        } catch (IOException damaged) {
            throw new LocalFault(dump.file().getFileName() + " is not copied, because the file here is damaged: "
                    + FirstCause.of(damaged));
        }
    }

    /** Returns the manifest of a backup. It is rewritten if a verification adds caveats. */
    Outgoing manifest(BackupCopy.Source backup) throws IOException {
        String path = Store.manifestOf(backup.path());
        return document(store.root().resolve(path), path, backup.backupId());
    }

    /** Returns a small file that belongs to no backup. */
    Outgoing document(Path file, String path) throws IOException {
        return document(file, path, "");
    }

    private Outgoing document(Path file, String path, String backupId) throws IOException {
        byte[] bytes = BoundedFile.bytesNoLink(file, LARGEST_DOCUMENT);
        return new Outgoing(
                path,
                file,
                bytes.length,
                HexFormat.of().formatHex(Sha256.digest().digest(bytes)),
                backupId,
                Optional.empty(),
                Optional.empty(),
                true,
                bytesPerSecond);
    }
}
