package org.pgsteward.backup.store;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.pgsteward.backup.underway.ServiceFolder;
import org.pgsteward.io.AtomicFile;
import org.pgsteward.model.BackupCopy;
import org.pgsteward.postgres.ServerAddress;

/**
 * The file {@code RECOVERY.md} in the store: the commands that restore the stored backups, for an operator with
 * PostgreSQL's own programs and zstd, without pgsteward. {@link CardText} has its text.
 */
public final class RecoveryCard {
    /** The name of the file, in the root folder of the store. */
    public static final String NAME = ServiceFolder.RECOVERY_CARD;

    private static final String PART_PREFIX = "." + NAME + ".";
    private static final String PART_SUFFIX = ".part";

    /** The age from which an unfinished file is removed. Its process needs only seconds to write it. */
    private static final Duration LEFT = Duration.ofHours(1);

    private final Store store;
    private final KnownFolders known;
    private final ServerAddress server;
    private final Clock clock;

    public RecoveryCard(Store store, ServerAddress server, Clock clock) {
        this.store = store;
        this.known = new KnownFolders(store);
        this.server = server;
        this.clock = clock;
    }

    /**
     * Rewrites the file atomically.
     *
     * @param verified the hashes of the files of verified backups, by their ids; an empty hash is unknown
     * @throws IOException if the disk is full or faulty; the previous file then remains
     */
    public synchronized void write(Map<String, String> verified) throws IOException {
        byte[] text = CardText.of(known.newest(verified), verified, server, clock.instant())
                .getBytes(StandardCharsets.UTF_8);
        AtomicFile.write(store.root().resolve(NAME), text, AtomicFile.PRIVATE);
        removeLeftovers();
    }

    /**
     * Returns the card of a target, with the same lines for the copies there.
     *
     * @param verified the hashes of the files of verified backups, by their ids
     * @param there the copies at the target
     * @throws IOException if the store cannot be read
     */
    public synchronized String ofTarget(
            String target, CardOrigin origin, Map<String, String> verified, List<BackupCopy> there, Instant now)
            throws IOException {
        Map<String, String> copied = new HashMap<>();
        Set<String> paths = new HashSet<>();
        for (BackupCopy copy : there) {
            String hash = verified.get(copy.source().backupId());
            if (hash != null) {
                copied.put(copy.source().backupId(), hash);
            }
            paths.add(copy.source().path());
        }
        Inventory newest = known.newest(copied).only(backup -> paths.contains(backup.path()));
        return CardText.of(newest, copied, server, Optional.of(new CardText.Copied(target, origin)), now);
    }

    /** Removes unfinished files of killed processes. */
    private void removeLeftovers() throws IOException {
        List<Path> left;
        try (Stream<Path> files = Files.list(store.root())) {
            left = files.filter(file -> file.getFileName().toString().startsWith(PART_PREFIX)
                            && file.getFileName().toString().endsWith(PART_SUFFIX))
                    .toList();
        }
        for (Path file : left) {
            if (Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
                    && Files.getLastModifiedTime(file, LinkOption.NOFOLLOW_LINKS)
                            .toInstant()
                            .isBefore(clock.instant().minus(LEFT))) {
                Files.deleteIfExists(file);
            }
        }
    }
}
