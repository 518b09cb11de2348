package org.pgsteward.backup.store;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.pgsteward.io.BoundedFile;
import org.pgsteward.io.Sha256;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupKind;
import org.pgsteward.model.BackupRow;
import org.pgsteward.model.BackupState;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The backups of one service in the store, each with its state in the journal. The manifest decides which service a backup
 * belongs to, not the file name. Unreadable manifests and manifests of other services are left out.
 */
public final class StoreView {
    private static final Logger LOG = LoggerFactory.getLogger(StoreView.class);

    private final Store store;

    public StoreView(Store store) {
        this.store = store;
    }

    /**
     * @param judgements the states in the journal, by event id
     * @throws IOException if the service's folder cannot be read
     */
    public List<StoredBackupStatus> of(String service, Map<UUID, BackupRow> judgements) throws IOException {
        Path folder = store.folderOfService(service);
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        ManifestReading manifests = new ManifestReading(store);
        List<StoredBackupStatus> holdings = new ArrayList<>();
        manifests.read(folder, Store.MANIFEST, (file, read) -> {
            Manifest manifest = read.manifest();
            requireOf(service, file, manifest);
            Optional<BackupRow> judgement = Optional.ofNullable(
                    judgements.get(UUID.fromString(manifest.identity().eventId())));
            holdings.add(holding(manifest, judgement));
            return ManifestSize.of(manifest);
        });
        manifests.warn(LOG, "kept");
        // By name, oldest first.
        Collections.reverse(holdings);
        return holdings;
    }

    /**
     * Returns whether the file of a backup has its recorded hash, and its manifest is not altered.
     *
     * @throws IOException if the file cannot be read
     */
    public boolean isAsWritten(Backup backup) throws IOException {
        if (isAltered(backup)) {
            return false;
        }
        MessageDigest hash = Sha256.digest();
        try (InputStream file = new DigestInputStream(
                BoundedFile.openNoLink(store.resolve(backup.path().orElseThrow())), hash)) {
            file.transferTo(OutputStream.nullOutputStream());
        }
        return HexFormat.of().formatHex(hash.digest()).equals(backup.file().sha256());
    }

    /**
     * Returns whether the manifest of a backup was altered.
     *
     * @throws IOException if the manifest cannot be read
     */
    public boolean isAltered(Backup backup) throws IOException {
        return store.manifests().alteration(backup.path().orElseThrow()).isPresent();
    }

    private static void requireOf(String service, Path file, Manifest manifest) throws IOException {
        String beside = file.getFileName().toString();
        if (!manifest.source().service().equals(service)
                || !beside.equals(manifest.file().name() + Store.MANIFEST)) {
            throw new IOException("it belongs to " + manifest.file().name() + " of service "
                    + manifest.source().service());
        }
    }

    private StoredBackupStatus holding(Manifest manifest, Optional<BackupRow> judgement) {
        String path = Store.path(manifest);
        BackupState state = judgement.map(BackupRow::state).orElse(BackupState.MADE);
        boolean verifiedInStream = manifest.file().isVerifiedInStream();
        Standing standing = judgement.isEmpty() ? Standing.UNVERIFIED : Standing.of(state, verifiedInStream);
        if (store.problem(path, manifest.file().sizeBytes()).isPresent()) {
            standing = Standing.DAMAGED;
        }
        Backup backup = new Backup(
                new Backup.Identity(
                        manifest.identity().backupId(),
                        UUID.fromString(manifest.identity().eventId()),
                        manifest.identity().setId()),
                new Backup.Source(
                        manifest.source().service(),
                        manifest.source().database(),
                        BackupKind.valueOf(manifest.source().kind().toUpperCase(Locale.ROOT)),
                        manifest.run().serverVersion(),
                        manifest.source().image()),
                new Backup.Times(
                        manifest.run().startedAt(), Optional.of(manifest.run().finishedAt()), Duration.ZERO),
                new Backup.File(
                        Optional.of(path),
                        manifest.file().sizeBytes(),
                        manifest.file().sourceBytes(),
                        manifest.file().sha256()),
                new Backup.Verification(judgement.flatMap(BackupRow::verifiedAt), Duration.ZERO, verifiedInStream),
                new Backup.Result(
                        state,
                        judgement.map(BackupRow::error).orElse(""),
                        judgement.map(BackupRow::caveats).orElse(manifest.caveats())));
        Optional<Instant> saidAt = judgement.flatMap(BackupRow::saidAt);
        return new StoredBackupStatus(backup, standing, pin(path, judgement), saidAt);
    }

    /** Returns the reason of an operator's pin, or else of a pin in the journal. */
    private Optional<String> pin(String path, Optional<BackupRow> judgement) {
        return store.pins().reason(path).or(() -> judgement.flatMap(BackupRow::pinned));
    }
}
