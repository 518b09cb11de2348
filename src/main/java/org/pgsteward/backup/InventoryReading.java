package org.pgsteward.backup;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Reads the manifests of a store's folders, and keeps no more of them than fits into memory. */
final class InventoryReading {
    /** Characters of all manifests that are kept, without the rows of tables; one has a thousand. */
    private static final long MOST_KEPT = 12_000_000;

    /** Characters of one. */
    private static final int MOST_OF_ONE = 1_000_000;

    /** Manifests that cannot be read and are named; the rest is counted. */
    private static final int MOST_NAMED = 100;

    private static final String FOREIGN = "; remove what pgsteward did not write, such as empty files:"
            + " find FOLDER -name '*.manifest.json' -empty | head";

    private final Store store;
    private final List<StoredBackup> backups = new ArrayList<>();
    private final Map<String, String> unreadable = new TreeMap<>();
    private long kept;
    private int named;

    InventoryReading(Store store) {
        this.store = store;
    }

    /** @throws IOException when the folder itself cannot be read */
    void read(Path folder) throws IOException {
        FolderNames names = FolderNames.in(folder, Store.MANIFEST);
        long left = names.left();
        long more = 0;
        for (Path file : names.newestFirst()) {
            if (kept > MOST_KEPT) {
                left++;
                continue;
            }
            String path = store.root().relativize(file).toString();
            try {
                StoredBackup backup = Inventory.read(store, path.substring(0, path.length() - Store.MANIFEST.length()));
                int size = backup.manifest().toString().length();
                if (size > MOST_OF_ONE) {
                    throw new IOException("it describes more than a backup has: " + size + " characters");
                }
                kept += size;
                backups.add(backup);
            } catch (IOException | RuntimeException e) {
                if (named < MOST_NAMED) {
                    named++;
                    unreadable.put(path, Inventory.firstLine(e));
                } else {
                    more++;
                }
            }
        }
        say(folder, left, more);
    }

    /** @param folders of the store that are not read */
    void leaveOut(long folders) {
        if (folders > 0) {
            unreadable.put("./", folders + " folders are not read, since the limit is " + FolderNames.MOST);
        }
    }

    private void say(Path folder, long left, long more) {
        List<String> said = new ArrayList<>();
        if (left > 0) {
            said.add(left + " manifests are not read, since they are too many; the limits are " + FolderNames.MOST
                    + " a folder and " + MOST_KEPT + " characters in all");
        }
        if (more > 0) {
            said.add(more + " more manifests cannot be read");
        }
        if (!said.isEmpty()) {
            unreadable.put(
                    store.root().relativize(folder) + "/",
                    String.join("; ", said) + FOREIGN.replace("FOLDER", "'" + folder + "'"));
        }
    }

    Inventory inventory() {
        return Inventory.sorted(backups, unreadable);
    }
}
