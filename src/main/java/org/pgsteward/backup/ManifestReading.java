package org.pgsteward.backup;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.slf4j.Logger;

/**
 * Reads the manifests of folders in the store, one after the other, the newest name first. It ends before the caller keeps
 * more of them than fits into memory: another program may have put any number of files there.
 */
final class ManifestReading {
    /** Characters of all manifests that are kept, without the rows of tables; one has a thousand. */
    static final long MOST_KEPT = 12_000_000;

    /** Manifests that cannot be read and are named; the rest is counted. */
    private static final int MOST_NAMED = 100;

    /** The same in the log. */
    private static final int MOST_LOGGED = 20;

    private static final String FOREIGN = "; remove what pgsteward did not write, such as empty files:"
            + " find FOLDER -name '*.manifest.json' -empty | head";

    private final Path root;
    private final long most;
    private final Map<String, String> unreadable = new TreeMap<>();
    private long kept;
    private int named;

    /** @param root of the store */
    ManifestReading(Path root) {
        this(root, MOST_KEPT);
    }

    /** @param most characters that are kept */
    ManifestReading(Path root, long most) {
        this.root = root;
        this.most = most;
    }

    /** Takes from a manifest what the caller needs. */
    @FunctionalInterface
    interface Reader {
        /**
         * @return how many characters of it are kept
         * @throws IOException when it is no manifest, or not one that the caller can use; it is then named as unreadable
         */
        long read(Path manifest) throws IOException;
    }

    /**
     * @param ending of the manifests' names
     * @throws IOException when the folder itself cannot be read
     */
    void read(Path folder, String ending, Reader reader) throws IOException {
        FolderNames names = FolderNames.in(folder, ending);
        long left = names.left();
        long more = 0;
        for (Path file : names.newestFirst()) {
            if (kept > most) {
                left++;
                continue;
            }
            try {
                kept += reader.read(file);
            } catch (IOException | RuntimeException e) {
                if (named < MOST_NAMED) {
                    named++;
                    unreadable.put(root.relativize(file).toString(), Inventory.firstLine(e));
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
                    + " a folder and " + most + " characters in all");
        }
        if (more > 0) {
            said.add(more + " more manifests cannot be read");
        }
        if (!said.isEmpty()) {
            unreadable.put(
                    root.relativize(folder) + "/",
                    String.join("; ", said) + FOREIGN.replace("FOLDER", "'" + folder + "'"));
        }
    }

    /**
     * Writes to the log what was not read.
     *
     * @param left what becomes of them
     */
    void warn(Logger log, String left) {
        unreadable.entrySet().stream()
                .limit(MOST_LOGGED)
                .forEach(entry -> log.warn("{} cannot be read, and is {}: {}", entry.getKey(), left, entry.getValue()));
        if (unreadable.size() > MOST_LOGGED) {
            log.warn("and {} more; 'pgsteward backups' names them", unreadable.size() - MOST_LOGGED);
        }
    }

    /** Returns the manifests that were not read, by their path in the store, with the reason; a folder ends with a slash. */
    Map<String, String> unreadable() {
        return unreadable;
    }
}
