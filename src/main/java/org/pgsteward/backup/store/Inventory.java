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
 * The contents of a store, from its manifests alone, without PostgreSQL and the journal.
 *
 * @param backups newest first, without the rows of their tables; {@link Store#whole} returns one with its rows
 * @param unreadable manifests that cannot be read, with the reason; other backups remain listed. A path with a slash at
 *     its end is a folder and represents manifests beyond a limit
 */
public record Inventory(List<StoredBackup> backups, Map<String, String> unreadable) {
    /**
     * Lists the backups of a store.
     *
     * @throws IOException if the folder itself cannot be read
     */
    public static Inventory of(Store store) throws IOException {
        InventoryReading reading = new InventoryReading(store);
        FolderNames folders = FolderNames.folders(store.root());
        for (Path folder : folders.oldestFirst()) {
            reading.read(folder);
        }
        reading.leaveOut(folders.left());
        return reading.inventory();
    }

    /**
     * Reads one manifest.
     *
     * @throws IOException if the manifest cannot be read, or pgsteward never gives such a name
     */
    static StoredBackup read(Store store, String path) throws IOException {
        return backup(path, store.listed(path));
    }

    /**
     * Returns the backup of a manifest.
     *
     * @param signed without the rows of tables
     * @throws IOException if pgsteward never gives such a name
     */
    static StoredBackup backup(String path, Store.Signed signed) throws IOException {
        if (path.chars().anyMatch(Character::isISOControl)) {
            throw new IOException("there are control characters in its name");
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

    /** Returns the reason why the manifest of a backup cannot come from pgsteward unaltered; empty if it can. */
    public Optional<String> alteration(StoredBackup backup) {
        return backup.signature().alteration(backup.manifest().run().startedAt(), signedSince());
    }

    /** Returns the newest backup of each database, of the globals and of the cluster, by service. */
    public List<StoredBackup> newestOfEach() {
        return newestOfEach(backup -> true);
    }

    /**
     * Returns one backup of each database, of the globals and of the cluster: the newest one that is {@code better},
     * otherwise the newest one.
     */
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

    /**
     * Returns the key of a backup's subject. For a dump, it is the database, since the service's name may change, for
     * example when an application takes over a database.
     */
    static String subject(StoredBackup backup) {
        return backup.kind() == BackupKind.DUMP
                ? "database " + backup.manifest().source().database()
                : "service " + backup.manifest().source().service();
    }

    /**
     * Returns the backups of a service, or of a database by its own name, newest first. They include dumps of the
     * service's database from the time when it belonged to another service.
     */
    public List<StoredBackup> of(String name) {
        String database = databaseOf(name);
        return only(backup -> backup.manifest().source().service().equals(name)
                        || (!isOfAll(name) && isDumpOf(backup, database)))
                .backups();
    }

    /**
     * Returns the dumps of a service, or of a database by its own name, newest first. A database may have the same name
     * as the globals.
     */
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

    /** Returns an inventory of the {@code wanted} backups only. */
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

    /** Returns a backup by its id, or by the path of its file in the store. */
    public Optional<StoredBackup> named(String idOrPath) {
        return backups.stream()
                .filter(backup -> backup.manifest().identity().backupId().equals(idOrPath)
                        || backup.path().equals(idOrPath)
                        || Path.of(idOrPath).endsWith(backup.path()))
                .findFirst();
    }

    static String firstLine(Exception e) {
        return String.valueOf(e.getMessage()).lines().findFirst().orElse("no reason given");
    }
}
