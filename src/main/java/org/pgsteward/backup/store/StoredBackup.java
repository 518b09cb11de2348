package org.pgsteward.backup.store;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupKind;
import org.pgsteward.model.BackupRow;
import org.pgsteward.model.BackupState;

/**
 * A backup, from the store alone.
 *
 * @param path relative to the store
 * @param signature the result of the check of the manifest's signature
 */
public record StoredBackup(String path, Manifest manifest, ManifestSignature signature) implements CardRule.Values {
    /** Creates a backup with an unchecked signature. */
    public StoredBackup(String path, Manifest manifest) {
        this(path, manifest, ManifestSignature.UNCHECKED);
    }

    @Override
    public String backupId() {
        return manifest.identity().backupId();
    }

    @Override
    public String sha256() {
        return manifest.file().sha256();
    }

    @Override
    public Instant startedAt() {
        return manifest.run().startedAt();
    }

    public BackupKind kind() {
        return BackupKind.valueOf(manifest.source().kind().toUpperCase(Locale.ROOT));
    }

    /** Returns the backup in the state of a new one, without any later verification. */
    public Backup asMade() {
        return in(BackupState.MADE, Optional.empty(), manifest.caveats());
    }

    /** Returns the backup with its latest result in the journal. */
    public Backup as(BackupRow judgement) {
        return in(judgement.state(), judgement.verifiedAt(), judgement.caveats());
    }

    private Backup in(BackupState state, Optional<Instant> verifiedAt, List<String> caveats) {
        return new Backup(
                new Backup.Identity(
                        manifest.identity().backupId(),
                        UUID.fromString(manifest.identity().eventId()),
                        manifest.identity().setId()),
                new Backup.Source(
                        manifest.source().service(),
                        manifest.source().database(),
                        kind(),
                        manifest.run().serverVersion(),
                        manifest.source().image()),
                new Backup.Times(
                        manifest.run().startedAt(),
                        Optional.of(manifest.run().finishedAt()),
                        Duration.between(
                                manifest.run().startedAt(), manifest.run().finishedAt())),
                new Backup.File(
                        Optional.of(path),
                        manifest.file().sizeBytes(),
                        manifest.file().sourceBytes(),
                        manifest.file().sha256()),
                new Backup.Verification(
                        verifiedAt, Duration.ZERO, manifest.file().isVerifiedInStream()),
                new Backup.Result(state, "", caveats));
    }
}
