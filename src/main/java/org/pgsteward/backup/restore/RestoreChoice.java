package org.pgsteward.backup.restore;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import org.pgsteward.backup.store.Inventory;
import org.pgsteward.backup.store.StoredBackup;

/**
 * The choice of the backup for a restore that names none: the newest backup of a service that {@link
 * org.pgsteward.backup.store.ManifestTrust} accepts. An altered manifest can claim any time, service and database. So
 * it decides neither which backup is the newest nor which database a service has.
 *
 * @param backup the newest trusted backup; the newest of all if none is trusted, which the restore then refuses; empty
 *     if there is no backup
 * @param passedOver the newer backups that are not taken, by their path in the store, each with the reason
 */
public record RestoreChoice(Optional<StoredBackup> backup, Map<String, String> passedOver) {
    /**
     * Returns the choice for a service or database.
     *
     * @param name the name of a service or a database
     * @param notAfter the latest time of the backup; empty for the newest backup
     * @param doubt returns the reason why a backup is not restored; empty if it may be restored
     */
    static RestoreChoice of(
            Inventory inventory,
            String name,
            Optional<Instant> notAfter,
            Function<StoredBackup, Optional<String>> doubt) {
        Map<String, String> passedOver = new LinkedHashMap<>();
        Inventory trusted = inventory;
        while (true) {
            Optional<StoredBackup> newest = newest(trusted, name, notAfter);
            if (newest.isEmpty()) {
                return new RestoreChoice(newest(inventory, name, notAfter), Map.of());
            }
            Optional<StoredBackup> doubtful = Stream.concat(trusted.decidingDatabaseOf(name).stream(), newest.stream())
                    .filter(backup -> doubt.apply(backup).isPresent())
                    .findFirst();
            if (doubtful.isEmpty()) {
                passedOver.putAll(unreadable(inventory, newest.get()));
                return new RestoreChoice(newest, passedOver);
            }
            passedOver.put(doubtful.get().path(), doubt.apply(doubtful.get()).orElseThrow());
            trusted = trusted.without(doubtful.get());
        }
    }

    private static Optional<StoredBackup> newest(Inventory inventory, String name, Optional<Instant> notAfter) {
        // Dumps come first, because only a dump can be restored here, and a database may have the same name as the base
        // backups.
        return Stream.concat(inventory.dumpsOf(name).stream(), inventory.of(name).stream())
                .filter(backup -> notAfter.isEmpty()
                        || !backup.manifest().run().startedAt().isAfter(notAfter.get()))
                .findFirst();
    }

    /** Returns the unreadable backups in the same folder whose names are newer. */
    private static Map<String, String> unreadable(Inventory inventory, StoredBackup chosen) {
        String folder = chosen.path().substring(0, chosen.path().indexOf('/') + 1);
        Map<String, String> newer = new LinkedHashMap<>();
        inventory.unreadable().forEach((path, reason) -> {
            // The folder itself stands for manifests that are too many to read.
            if (path.equals(folder) || (path.startsWith(folder) && path.compareTo(chosen.path()) > 0)) {
                newer.put(path, "it cannot be read: " + reason);
            }
        });
        return newer;
    }
}
