package org.pgsteward.backup.copy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.pgsteward.backup.store.CardOrigin;
import org.pgsteward.backup.store.RecoveryCard;
import org.pgsteward.backup.store.Store;
import org.pgsteward.io.AtomicFile;
import org.pgsteward.io.BoundedFile;
import org.pgsteward.io.Sha256;
import org.pgsteward.journal.BackupRows;
import org.pgsteward.model.BackupCopy;

/**
 * The files at a target that belong to no single backup: its {@code RECOVERY.md}, and the documents of the newest backup
 * sets, which name the databases without a backup. A target gets them after the backups that they describe.
 */
public final class CopyDocuments {
    /** The folder of the documents of sets. */
    private static final String SETS = "_sets";

    /** A restore of all databases reads the newest set. */
    private static final int NEWEST_SETS = 3;

    private static final int LARGEST_SET = 16 << 20;

    private final Store store;
    private final RecoveryCard card;
    private final BackupRows rows;
    private final Path folder;
    private final Clock clock;

    /** The hashes of the documents that each target has, by target and path. */
    private final Map<String, Map<String, String>> sent = new HashMap<>();

    /** @param folder for the documents of the targets while they are sent */
    public CopyDocuments(Store store, RecoveryCard card, BackupRows rows, Path folder, Clock clock) {
        this.store = store;
        this.card = card;
        this.rows = rows;
        this.folder = folder;
        this.clock = clock;
    }

    /** Reads a file of the store. */
    @FunctionalInterface
    interface Reading {
        /** @param path of the file at the target */
        Outgoing read(Path file, String path) throws IOException;
    }

    /**
     * Sends the documents that changed since this target got them.
     *
     * @param there the copies at the target
     * @return whether any was sent that needs a commit
     */
    boolean send(CopyTarget target, CopyPlace place, List<BackupCopy> there, Reading reading)
            throws IOException, SQLException, InterruptedException {
        Map<String, String> known = known(target);
        boolean needsCommit = sendCard(target, place, there, reading, known);
        List<String> paths = paths();
        for (String path : paths) {
            // A night that is under way writes its document again, and rclone reads the file more than once.
            Path copy = own(target, SETS, BoundedFile.bytesNoLink(store.root().resolve(path), LARGEST_SET));
            Outgoing document = reading.read(copy, path);
            if (!document.sha256().equals(known.get(path))) {
                needsCommit |= place.put(document) == CopyPlace.Stored.AFTER_COMMIT;
                known.put(path, document.sha256());
            }
        }
        known.keySet().removeIf(path -> path.startsWith(SETS) && !paths.contains(path));
        return needsCommit;
    }

    /** Sends the card if it differs in more than its time. */
    private boolean sendCard(
            CopyTarget target, CopyPlace place, List<BackupCopy> there, Reading reading, Map<String, String> known)
            throws IOException, SQLException, InterruptedException {
        CardOrigin origin = place.recovery(target.name());
        Map<String, String> verified = rows.allVerified();
        String hash = sha256(card.ofTarget(target.name(), origin, verified, there, Instant.EPOCH));
        if (hash.equals(known.get(RecoveryCard.NAME))) {
            return false;
        }
        String text = card.ofTarget(target.name(), origin, verified, there, clock.instant());
        Path file = own(target, RecoveryCard.NAME, text.getBytes(StandardCharsets.UTF_8));
        boolean needsCommit = place.put(reading.read(file, RecoveryCard.NAME)) == CopyPlace.Stored.AFTER_COMMIT;
        known.put(RecoveryCard.NAME, hash);
        return needsCommit;
    }

    /** Writes a file that nothing changes while it is sent. */
    private Path own(CopyTarget target, String name, byte[] content) throws IOException {
        Path file = Files.createDirectories(folder).resolve(target.name() + "-" + name);
        AtomicFile.writeUnsynced(file, content, AtomicFile.PRIVATE);
        return file;
    }

    private static String sha256(String text) {
        return HexFormat.of().formatHex(Sha256.digest().digest(text.getBytes(StandardCharsets.UTF_8)));
    }

    private synchronized Map<String, String> known(CopyTarget target) {
        return sent.computeIfAbsent(target.name(), none -> new HashMap<>());
    }

    private List<String> paths() throws IOException {
        List<String> paths = new ArrayList<>();
        Path sets = store.root().resolve(SETS);
        if (Files.isDirectory(sets)) {
            try (Stream<Path> files = Files.list(sets)) {
                files.map(file -> file.getFileName().toString())
                        .filter(name -> name.matches("\\d{8}T\\d{6}Z\\.json"))
                        .sorted(Comparator.reverseOrder())
                        .limit(NEWEST_SETS)
                        .forEach(name -> paths.add(SETS + "/" + name));
            }
        }
        return paths;
    }
}
