package org.pgsteward.backup;

import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupKind;
import org.pgsteward.model.BackupState;

/**
 * A backup as the store alone shows it.
 *
 * @param path relative to the store
 */
public record StoredBackup(String path, Manifest manifest) {
    public BackupKind kind() {
        return BackupKind.valueOf(manifest.kind().toUpperCase(Locale.ROOT));
    }

    /** As the journal knows it, or would if it had seen it made. */
    public Backup asMade() {
        return new Backup(
                manifest.backupId(),
                UUID.fromString(manifest.eventId()),
                manifest.setId(),
                manifest.service(),
                manifest.database(),
                kind(),
                BackupState.MADE,
                Optional.of(path),
                manifest.startedAt(),
                Optional.of(manifest.finishedAt()),
                Optional.empty(),
                manifest.sizeBytes(),
                manifest.sourceBytes(),
                manifest.sha256(),
                manifest.serverVersion(),
                Duration.between(manifest.startedAt(), manifest.finishedAt()),
                Duration.ZERO,
                manifest.proof().equals(Manifest.STREAM),
                "");
    }
}
