package org.pgsteward.backup.store;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupKind;
import org.pgsteward.model.BackupState;
import org.pgsteward.model.Judgement;

/**
 * A backup as the store alone shows it.
 *
 * @param path relative to the store
 * @param signature what the signature of the manifest says of it
 */
public record StoredBackup(String path, Manifest manifest, ManifestSignature signature) implements CardRule.Values {
    /** One whose manifest nobody has compared with its signature. */
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

    /** As the journal would know it if it had seen it made, and nothing since. */
    public Backup asMade() {
        return in(BackupState.MADE, Optional.empty(), manifest.caveats());
    }

    /** As the journal knows it, by what was said of it since it was made. */
    public Backup as(Judgement judgement) {
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
                        manifest.run().serverVersion()),
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
                        verifiedAt, Duration.ZERO, manifest.file().isProvedInStream()),
                new Backup.Result(state, "", caveats));
    }
}
