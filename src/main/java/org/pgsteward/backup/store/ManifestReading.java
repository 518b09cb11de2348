package org.pgsteward.backup.store;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.slf4j.Logger;

/**
 * Reads the manifests of folders in the store, one after the other, newest name first, within a {@link ManifestBudget}.
 * Another program may have put any number of files there.
 */
final class ManifestReading {
    /** The largest number of unreadable manifests that are named. Further ones are counted. */
    private static final int MOST_NAMED = 100;

    /** The largest number of unreadable manifests that are named in the log. */
    private static final int MOST_LOGGED = 20;

    private static final String FOREIGN = "; remove what pgsteward did not write, such as empty files:"
            + " find FOLDER -name '*.manifest.json' -empty | head";

    private static final String UNSIGNED = "; remove what pgsteward did not write:"
            + " find FOLDER -name '*.manifest.json' -exec grep -L hmac-sha256: {} + | head";

    private final Store store;
    private final ManifestBudget budget;
    private final Map<String, String> unreadable = new TreeMap<>();
    private int named;
    private boolean cut;

    ManifestReading(Store store) {
        this(store, ManifestBudget.of(ManifestBudget.MOST_KEPT));
    }

    ManifestReading(Store store, ManifestBudget budget) {
        this.store = store;
        this.budget = budget;
    }

    /** Uses the values of a manifest. */
    @FunctionalInterface
    interface Reader {
        /**
         * Uses one manifest.
         *
         * @param manifest without the rows of tables
         * @return the number of its characters that the caller keeps
         * @throws IOException if the caller cannot use it; it then counts as unreadable
         */
        long read(Path file, Store.Signed manifest) throws IOException;
    }

    /**
     * Reads the manifests of a folder.
     *
     * @param ending the ending of the manifests' names
     * @throws IOException if the folder itself cannot be read
     */
    void read(Path folder, String ending, Reader reader) throws IOException {
        FolderNames names = names(folder, ending);
        long left = names.left();
        long unsigned = 0;
        long more = 0;
        boolean alike = !store.hasKeys();
        for (Path file : names.newestFirst()) {
            if (alike && budget.isFull()) {
                cut = true;
                left++;
                continue;
            }
            try {
                UnparsedManifest manifest = store.unparsed(file);
                if (budget.admits(manifest.signature(), manifest.length())) {
                    budget.keep(manifest.signature(), reader.read(file, manifest.parseWithoutRows()));
                } else if (ManifestBudget.isOurs(manifest.signature())) {
                    cut = true;
                    left++;
                } else {
                    cut = true;
                    unsigned++;
                }
            } catch (IOException | RuntimeException e) {
                if (named < MOST_NAMED) {
                    named++;
                    unreadable.put(store.root().relativize(file).toString(), Inventory.firstLine(e));
                } else {
                    more++;
                }
            }
        }
        say(folder, left, unsigned, more);
    }

    /**
     * Returns the newest names. If there are too many, it adds the newest names of manifests with a valid signature.
     */
    private FolderNames names(Path folder, String ending) throws IOException {
        FolderNames newest = FolderNames.in(folder, ending);
        return newest.left() == 0 || !store.hasKeys()
                ? newest
                : newest.with(FolderNames.in(
                        folder, file -> file.toString().endsWith(ending) && store.isSigned(file), FolderNames.MOST));
    }

    /**
     * Reports folders beyond the limit.
     *
     * @param folders the number of folders that are not read
     */
    void leaveOut(long folders) {
        if (folders > 0) {
            unreadable.put("./", folders + " folders are not read, since the limit is " + FolderNames.MOST);
        }
    }

    private void say(Path folder, long left, long unsigned, long more) {
        List<String> said = new ArrayList<>();
        if (left > 0) {
            said.add(left + " manifests are not read, since they are too many; the limits are " + FolderNames.MOST
                    + " a folder and " + budget.most() + " characters in all");
        }
        if (unsigned > 0) {
            said.add(unsigned
                    + " manifests without a valid signature are not read, since they are too many or too large;"
                    + " the limits are " + ManifestBudget.MOST_UNSIGNED_BYTES + " bytes and " + budget.mostUnsigned()
                    + " characters in all");
        }
        if (more > 0) {
            said.add(more + " more manifests cannot be read");
        }
        if (!said.isEmpty()) {
            unreadable.put(
                    store.root().relativize(folder) + "/",
                    String.join("; ", said)
                            + (unsigned > 0 ? UNSIGNED : FOREIGN).replace("FOLDER", "'" + folder + "'"));
        }
    }

    /**
     * Logs the manifests that were not read.
     *
     * @param left the consequence for them
     */
    void warn(Logger log, String left) {
        unreadable.entrySet().stream()
                .limit(MOST_LOGGED)
                .forEach(entry -> log.warn("{} cannot be read, and is {}: {}", entry.getKey(), left, entry.getValue()));
        if (unreadable.size() > MOST_LOGGED) {
            log.warn("and {} more; 'pgsteward backups' names them", unreadable.size() - MOST_LOGGED);
        }
    }

    /** Returns whether manifests were omitted because they exceeded the budget. */
    boolean isCut() {
        return cut;
    }

    /**
     * Returns the manifests that were not read, by their path in the store, with the reason. The path of a folder ends
     * with a slash.
     */
    Map<String, String> unreadable() {
        return unreadable;
    }
}
