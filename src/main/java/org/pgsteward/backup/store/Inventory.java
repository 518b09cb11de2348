package org.pgsteward.backup.store;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.pgsteward.backup.schedule.Targets;
import org.pgsteward.model.BackupKind;

/**
 * The backups in a store, by its manifests alone. Neither PostgreSQL nor the journal is needed.
 *
 * @param backups newest first, without the rows of their tables; {@link Store#whole} reads the rows of one
 * @param unreadable the reasons of unread manifests, by path; an unread manifest hides no other backup. A folder, with a slash
 *     at its end, stands for too many manifests
 */
public record Inventory(List<StoredBackup> backups, Map<String, String> unreadable) {
    /** @throws IOException if the folder itself cannot be read */
    public static Inventory of(Store store) throws IOException {
        InventoryReading reading = new InventoryReading(store);
        FolderNames folders = FolderNames.folders(store.root());
        for (Path folder : folders.oldestFirst()) {
            reading.read(folder);
        }
        reading.leaveOut(folders.left());
        return reading.inventory();
    }

    /** @throws IOException if the manifest cannot be read, or pgsteward gives no such name */
    static StoredBackup read(Store store, String path) throws IOException {
        return backup(path, store.manifests().readWithoutRows(path));
    }

    /**
     * Returns the backup of a manifest.
     *
     * @param signed without the rows of tables
     * @throws IOException if pgsteward gives no such name
     */
    static StoredBackup backup(String path, SignedManifest signed) throws IOException {
        if (path.chars().anyMatch(Character::isISOControl)) {
            throw new IOException("its name has control characters");
        }
        return new StoredBackup(path, signed.manifest(), signed.signature());
    }

    static Inventory sorted(List<StoredBackup> backups, Map<String, String> unreadable) {
        backups.sort(Comparator.comparing(
                        (StoredBackup backup) -> backup.manifest().run().startedAt())
                .reversed());
        return new Inventory(List.copyOf(backups), Map.copyOf(unreadable));
    }

    /** Returns the start of the first backup with a valid signature; empty if there is none. */
    public Optional<Instant> signedSince() {
        return backups.stream()
                .filter(backup -> backup.signature() == ManifestSignature.VALID)
                .reduce((newer, older) -> older)
                .map(backup -> backup.manifest().run().startedAt());
    }

    /** Returns why pgsteward cannot have written the manifest of a backup; empty if it can. */
    public Optional<String> alteration(StoredBackup backup) {
        return backup.signature().alteration(backup.manifest().run().startedAt(), signedSince());
    }

    /** Returns the newest backup of each database, of the globals and of the cluster, by service. */
    public List<StoredBackup> newestOfEach() {
        return newestOfEach(backup -> true);
    }

    /** Returns the same, but prefers an older backup that is {@code better} to a newer one that is not. */
    public List<StoredBackup> newestOfEach(Predicate<StoredBackup> better) {
        Map<String, StoredBackup> newest = new HashMap<>();
        backups.stream().filter(better).forEach(backup -> newest.putIfAbsent(subject(backup), backup));
        backups.forEach(backup -> newest.putIfAbsent(subject(backup), backup));
        return newest.values().stream()
                .sorted(Comparator.comparing((StoredBackup backup) ->
                                backup.manifest().source().service())
                        .thenComparing(backup -> backup.manifest().source().database()))
                .toList();
    }

    /**
     * Returns the newest backup of the same database, of the globals or of the cluster. It may be the backup itself.
     */
    public StoredBackup newestLike(StoredBackup backup) {
        return backups.stream()
                .filter(other -> subject(other).equals(subject(backup)))
                .findFirst()
                .orElse(backup);
    }

    /** A database may move to a service with another name, and a restore is of a database. */
    static String subject(StoredBackup backup) {
        return backup.kind() == BackupKind.DUMP
                ? "database " + backup.manifest().source().database()
                : "service " + backup.manifest().source().service();
    }

    /**
     * Returns the backups of a service, or of a database by its own name, newest first. The backups of a service's database
     * from the time when another service had it are included.
     */
    public List<StoredBackup> of(String name) {
        String database = databaseOf(name);
        return only(backup -> backup.manifest().source().service().equals(name)
                        || (!isOfAll(name) && isDumpOf(backup, database)))
                .backups();
    }

    /** Returns the dumps of a service, or of a database by its own name, newest first. A database may be called as the globals. */
    public List<StoredBackup> dumpsOf(String name) {
        String database = isOfAll(name) ? name : databaseOf(name);
        return only(backup -> isDumpOf(backup, database)
                        || (backup.kind() == BackupKind.DUMP
                                && backup.manifest().source().service().equals(name)))
                .backups();
    }

    private static boolean isDumpOf(StoredBackup backup, String database) {
        return backup.kind() == BackupKind.DUMP
                && backup.manifest().source().database().equals(database);
    }

    private String databaseOf(String name) {
        return decidingDatabaseOf(name)
                .map(backup -> backup.manifest().source().database())
                .orElse(name);
    }

    /** Returns the newest backup of a service, which decides the service's database. */
    public Optional<StoredBackup> decidingDatabaseOf(String service) {
        return backups.stream()
                .filter(backup -> backup.manifest().source().service().equals(service))
                .findFirst();
    }

    /** Returns the same with only the {@code wanted} backups. */
    Inventory only(Predicate<StoredBackup> wanted) {
        return new Inventory(backups.stream().filter(wanted).toList(), unreadable);
    }

    /** Returns an inventory without one backup. */
    public Inventory without(StoredBackup backup) {
        return only(other -> !other.equals(backup));
    }

    private static boolean isOfAll(String service) {
        return service.equals(Targets.GLOBALS) || service.equals(Targets.BASE);
    }

    /** Returns a backup by its id, or by the name or the path of its file in the store. */
    public Optional<StoredBackup> named(String name) {
        return allNamed(name).stream().findFirst();
    }

    /** Returns the backups with this id, file name or path. Several have the same one if another program copied files. */
    public List<StoredBackup> allNamed(String name) {
        return backups.stream()
                .filter(backup -> backup.manifest().identity().backupId().equals(name)
                        || backup.manifest().file().name().equals(name)
                        || backup.path().equals(name)
                        || Path.of(name).endsWith(backup.path()))
                .toList();
    }

    static String firstLine(Exception e) {
        return String.valueOf(e.getMessage()).lines().findFirst().orElse("no reason given");
    }
}
