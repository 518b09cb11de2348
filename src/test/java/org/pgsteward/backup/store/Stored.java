package org.pgsteward.backup.store;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupKind;
import org.pgsteward.model.BackupState;

/** Stored backups for tests of the rules about them. */
public final class Stored {
    private static final long MEGABYTES = 1_000_000;

    private Stored() {}

    public static StoredBackupStatus verified(String at) {
        return holding("app", Instant.parse(at), Standing.VERIFIED, 100, Optional.empty());
    }

    public static StoredBackupStatus unverified(String at) {
        return holding("app", Instant.parse(at), Standing.UNVERIFIED, 100, Optional.empty());
    }

    public static StoredBackupStatus damaged(String at) {
        return holding("app", Instant.parse(at), Standing.DAMAGED, 100, Optional.empty());
    }

    public static StoredBackupStatus holding(
            String service, Instant at, Standing standing, long megabytes, Optional<String> pinned) {
        return new StoredBackupStatus(backup(service, at, megabytes * MEGABYTES), standing, pinned, Optional.of(at));
    }

    public static Backup backup(String service, Instant at, long sourceBytes) {
        String id = Store.backupId(service, at);
        return new Backup(
                new Backup.Identity(
                        id,
                        UUID.nameUUIDFromBytes((service + at).getBytes(java.nio.charset.StandardCharsets.UTF_8)),
                        ""),
                new Backup.Source(service, service, BackupKind.DUMP, "15.0"),
                new Backup.Times(at, Optional.of(at.plusSeconds(5)), Duration.ofSeconds(5)),
                new Backup.File(
                        Optional.of(Store.relativePath(service, id, BackupKind.DUMP, false)),
                        sourceBytes / 4,
                        sourceBytes,
                        "00"),
                new Backup.Verification(Optional.of(at.plusSeconds(9)), Duration.ofSeconds(4), false),
                new Backup.Result(BackupState.VERIFIED, "", List.of()));
    }
}
