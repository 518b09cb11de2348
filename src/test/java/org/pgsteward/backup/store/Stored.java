package org.pgsteward.backup.store;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
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

    /** Writes a small backup with its manifest, and returns the path of its file. */
    public static String onDisk(Store store, String service, Instant at) throws IOException {
        String id = Store.backupId(service, at);
        String path = Store.relativePath(service, id, BackupKind.DUMP, false);
        Path part = store.resolve(Store.partOf(path));
        Files.createDirectories(part.getParent());
        Files.writeString(part, "the dump");
        UUID event = UUID.nameUUIDFromBytes((service + at).getBytes(StandardCharsets.UTF_8));
        new UnfinishedBackup(store, path)
                .publish(new Manifest(
                        new Manifest.Identity(id, event.toString(), ""),
                        new Manifest.Source(service, service, service, "", "dump"),
                        new Manifest.Run(at, at.plusSeconds(5), "15.0", "15"),
                        new Manifest.File(store.resolve(path).getFileName().toString(), "00", 8, 80, List.of(), ""),
                        new Manifest.Contents(Map.of(), Map.of("public.t", 1L), DatabaseEnvironment.UNKNOWN),
                        List.of()));
        return path;
    }
}
