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
 * Which backup of a service a restore takes that names none: the newest that {@link
 * org.pgsteward.backup.store.ManifestTrust} accepts. An altered manifest can claim
 * any time, service and database, so it decides neither which backup is the newest nor which database a service has.
 *
 * @param backup the newest that can be trusted; the newest of all where none can, which the restore then refuses; empty
 *     where there is none at all
 * @param passedOver newer backups that are not taken, by their path in the store, each with the reason
 */
public record RestoreChoice(Optional<StoredBackup> backup, Map<String, String> passedOver) {
    /**
     * @param name of a service or a database
     * @param notAfter the latest time that the backup may show; empty for the newest
     * @param doubt why a backup is not restored; empty where it would be
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
        // Only a dump can be restored, and a database may be called like the base backups.
        return Stream.concat(inventory.dumpsOf(name).stream(), inventory.of(name).stream())
                .filter(backup -> notAfter.isEmpty()
                        || !backup.manifest().run().startedAt().isAfter(notAfter.get()))
                .findFirst();
    }

    /** What lies in the same folder, cannot be read, and is newer by its name. */
    private static Map<String, String> unreadable(Inventory inventory, StoredBackup chosen) {
        String folder = chosen.path().substring(0, chosen.path().indexOf('/') + 1);
        Map<String, String> newer = new LinkedHashMap<>();
        inventory.unreadable().forEach((path, reason) -> {
            // The folder itself stands for manifests that are too many to be read.
            if (path.equals(folder) || (path.startsWith(folder) && path.compareTo(chosen.path()) > 0)) {
                newer.put(path, "it cannot be read: " + reason);
            }
        });
        return newer;
    }
}
