package org.pgsteward.backup.copy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.pgsteward.backup.store.RecoveryCard;
import org.pgsteward.backup.store.Store;

/**
 * The files of a store that belong to no single backup: {@code RECOVERY.md}, and the documents of the newest backup sets,
 * which name the databases without a backup. A target gets them after the backups that they describe.
 */
public final class CopyDocuments {
    /** The folder of the documents of sets. */
    private static final String SETS = "_sets";

    /** A restore of all databases reads the newest set. */
    private static final int NEWEST_SETS = 3;

    private final Store store;

    /** The hashes of the documents that each target has, by target and path. */
    private final Map<String, Map<String, String>> sent = new HashMap<>();

    public CopyDocuments(Store store) {
        this.store = store;
    }

    /** Reads a file of the store. */
    @FunctionalInterface
    interface Reading {
        Outgoing read(String path, String backupId) throws IOException;
    }

    /**
     * Sends the documents that changed since this target got them.
     *
     * @return whether any was sent that needs a commit
     */
    boolean send(CopyTarget target, CopyPlace place, Reading reading) throws IOException, InterruptedException {
        Map<String, String> known = known(target);
        boolean needsCommit = false;
        for (String path : paths()) {
            Outgoing document = reading.read(path, "");
            if (!document.sha256().equals(known.get(path))) {
                needsCommit |= place.put(document) == CopyPlace.Stored.AFTER_COMMIT;
                known.put(path, document.sha256());
            }
        }
        known.keySet().retainAll(paths());
        return needsCommit;
    }

    private synchronized Map<String, String> known(CopyTarget target) {
        return sent.computeIfAbsent(target.name(), none -> new HashMap<>());
    }

    private List<String> paths() throws IOException {
        List<String> paths = new ArrayList<>();
        if (Files.isRegularFile(store.root().resolve(RecoveryCard.NAME))) {
            paths.add(RecoveryCard.NAME);
        }
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
