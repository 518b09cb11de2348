package org.pgsteward.backup;

import java.io.IOException;
import java.lang.ref.SoftReference;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Reads a store's inventory again and again, as a night does after each backup: only folders in which a file came or went
 * are read anew. Reading all manifests each time made a night of 200 databases read a million of them.
 *
 * <p>A manifest that is rewritten in place is not noticed. What is to be restored or verified is always read from the disk.
 */
final class KnownFolders {
    /** A folder that changed within this before it was read may have changed again since, at the same time. */
    private static final Duration SETTLED = Duration.ofSeconds(2);

    private final Store store;
    private SoftReference<Map<Path, Known>> known = new SoftReference<>(new HashMap<>());

    KnownFolders(Store store) {
        this.store = store;
    }

    private record Known(FileTime changed, Inventory inventory) {}

    /** @throws IOException when the store itself cannot be read */
    synchronized Inventory read() throws IOException {
        Map<Path, Known> before = known.get();
        Map<Path, Known> now = new HashMap<>();
        List<StoredBackup> backups = new ArrayList<>();
        Map<String, String> unreadable = new TreeMap<>();
        for (Path folder : folders()) {
            FileTime changed = Files.getLastModifiedTime(folder);
            Known last = before == null ? null : before.get(folder);
            Inventory inventory;
            if (last != null && last.changed().equals(changed)) {
                inventory = last.inventory();
            } else {
                inventory = Inventory.ofFolder(store, folder);
            }
            if (changed.toInstant().plus(SETTLED).isBefore(Instant.now())) {
                now.put(folder, new Known(changed, inventory));
            }
            backups.addAll(inventory.backups());
            unreadable.putAll(inventory.unreadable());
        }
        known = new SoftReference<>(now);
        return Inventory.sorted(backups, unreadable);
    }

    private List<Path> folders() throws IOException {
        try (Stream<Path> entries = Files.list(store.root())) {
            return entries.filter(entry -> Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS))
                    .sorted()
                    .toList();
        }
    }
}
