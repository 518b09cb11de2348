package org.pgsteward.backup;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.pgsteward.model.BackupKind;

/**
 * What a store holds, by its manifests and nothing else: neither PostgreSQL nor the journal has to be there.
 *
 * @param backups newest first
 * @param unreadable manifests that say nothing, with the reason; one of them hides no other backup
 */
public record Inventory(List<StoredBackup> backups, Map<String, String> unreadable) {
    /** @throws IOException when the folder itself cannot be read */
    public static Inventory of(Store store) throws IOException {
        List<StoredBackup> backups = new ArrayList<>();
        Map<String, String> unreadable = new TreeMap<>();
        for (Path folder : children(store.root())) {
            if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
                continue;
            }
            for (Path file : children(folder)) {
                String path = store.root().relativize(file).toString();
                if (path.endsWith(Store.MANIFEST)) {
                    String stored = path.substring(0, path.length() - Store.MANIFEST.length());
                    try {
                        backups.add(checked(new StoredBackup(stored, store.manifest(stored))));
                    } catch (IOException | RuntimeException e) {
                        unreadable.put(path, firstLine(e));
                    }
                }
            }
        }
        backups.sort(
                Comparator.comparing((StoredBackup backup) -> backup.manifest().startedAt())
                        .reversed());
        return new Inventory(List.copyOf(backups), Map.copyOf(unreadable));
    }

    /** The newest of each service, globals and whole clusters included, by service. */
    public List<StoredBackup> newestOfEach() {
        Map<String, StoredBackup> newest = new TreeMap<>();
        backups.forEach(backup -> newest.putIfAbsent(backup.manifest().service(), backup));
        return List.copyOf(newest.values());
    }

    /** The same, but rather an older one that is {@code better} than the newest that is not. */
    List<StoredBackup> newestOfEach(Predicate<StoredBackup> better) {
        Map<String, StoredBackup> chosen = new TreeMap<>();
        newestOfEach().forEach(backup -> chosen.put(backup.manifest().service(), backup));
        Map<String, StoredBackup> good = new TreeMap<>();
        backups.stream()
                .filter(better)
                .forEach(backup -> good.putIfAbsent(backup.manifest().service(), backup));
        chosen.putAll(good);
        return List.copyOf(chosen.values());
    }

    /** Of a service, or of a database by its own name, newest first. */
    public List<StoredBackup> of(String name) {
        List<StoredBackup> own = backups.stream()
                .filter(backup -> backup.manifest().service().equals(name))
                .toList();
        return own.isEmpty()
                ? backups.stream()
                        .filter(backup -> backup.kind() == BackupKind.DUMP
                                && backup.manifest().database().equals(name))
                        .toList()
                : own;
    }

    /** The newest of {@link #of(String)} that shows the database at {@code at} or before. */
    public Optional<StoredBackup> notAfter(String name, Instant at) {
        return of(name).stream()
                .filter(backup -> !backup.manifest().startedAt().isAfter(at))
                .findFirst();
    }

    /** By its id, or by its file's path in the store. */
    public Optional<StoredBackup> named(String idOrPath) {
        return backups.stream()
                .filter(backup -> backup.manifest().backupId().equals(idOrPath)
                        || backup.path().equals(idOrPath)
                        || Path.of(idOrPath).endsWith(backup.path()))
                .findFirst();
    }

    private static StoredBackup checked(StoredBackup backup) {
        Manifest manifest = backup.manifest();
        for (Object needed : new Object[] {
            manifest.backupId(),
            manifest.service(),
            manifest.database(),
            manifest.owner(),
            manifest.sha256(),
            manifest.startedAt(),
            manifest.finishedAt(),
            manifest.serverVersion(),
            manifest.clientVersion(),
            manifest.extensions(),
            manifest.rows()
        }) {
            Objects.requireNonNull(needed, "it lacks what every manifest has");
        }
        Objects.requireNonNull(backup.kind());
        Objects.requireNonNull(UUID.fromString(manifest.eventId()));
        return backup;
    }

    private static String firstLine(Exception e) {
        return String.valueOf(e.getMessage()).lines().findFirst().orElse("no reason given");
    }

    private static List<Path> children(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.sorted().toList();
        }
    }
}
