package org.pgsteward.backup.store;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.slf4j.Logger;

/**
 * Reads the manifests of folders in the store, one after the other, the newest name first, within {@link ManifestBudget}:
 * another program may have put any number of files there.
 */
final class ManifestReading {
    /** Unreadable manifests that are named; the others are only counted. */
    private static final int MOST_NAMED = 100;

    /** The largest number of unreadable manifests that are named in the log. */
    private static final int MOST_LOGGED = 20;

    private static final String FOREIGN = "; remove the files of other programs, such as empty files:"
            + " find FOLDER -name '*.manifest.json' -empty | head";

    private static final String UNSIGNED = "; remove the files of other programs:"
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

    /** Uses one manifest. */
    @FunctionalInterface
    interface Reader {
        /**
         * Uses one manifest.
         *
         * @param manifest without the rows of tables
         * @return the number of its characters that the caller keeps
         * @throws IOException if the caller cannot use it; it is then named as unreadable
         */
        long read(Path file, SignedManifest manifest) throws IOException;
    }

    /**
     * Reads the manifests of a folder.
     *
     * @param ending of the manifests' names
     * @throws IOException if the folder itself cannot be read
     */
    void read(Path folder, String ending, Reader reader) throws IOException {
        FolderNames names = names(folder, ending);
        long left = names.left();
        long unsigned = 0;
        long more = 0;
        boolean alike = !store.manifests().hasKeys();
        for (Path file : names.newestFirst()) {
            if (alike && budget.isFull()) {
                cut = true;
                left++;
                continue;
            }
            try {
                UnparsedManifest manifest = store.manifests().unparsed(file);
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

    /** Returns all names; of too many, the newest ones and the newest ones with a valid signature. */
    private FolderNames names(Path folder, String ending) throws IOException {
        FolderNames newest = FolderNames.in(folder, ending);
        return newest.left() == 0 || !store.manifests().hasKeys()
                ? newest
                : newest.with(FolderNames.in(
                        folder,
                        file -> file.toString().endsWith(ending)
                                && store.manifests().isSigned(file),
                        FolderNames.MOST));
    }

    /** @param folders number of folders of the store that are not read */
    void leaveOut(long folders) {
        if (folders > 0) {
            unreadable.put("./", folders + " folders are not read, since the limit is " + FolderNames.MOST);
        }
    }

    private void say(Path folder, long left, long unsigned, long more) {
        List<String> said = new ArrayList<>();
        if (left > 0) {
            said.add(left + " manifests are not read, since there are too many; the limits are " + FolderNames.MOST
                    + " a folder and " + budget.most() + " characters in all");
        }
        if (unsigned > 0) {
            said.add(unsigned
                    + " manifests without a valid signature are not read, since there are too many or they are too large;"
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
     * Logs the unread manifests.
     *
     * @param left their fate, as a text to follow "so it is"
     */
    void warn(Logger log, String left) {
        unreadable.entrySet().stream()
                .limit(MOST_LOGGED)
                .forEach(entry -> log.warn("cannot read {}, so it is {}: {}", entry.getKey(), left, entry.getValue()));
        if (unreadable.size() > MOST_LOGGED) {
            log.warn("and {} more; 'pgsteward backups' lists them", unreadable.size() - MOST_LOGGED);
        }
    }

    /** Returns whether manifests were left out because the budget was exhausted. */
    boolean isCut() {
        return cut;
    }

    /** Returns the reasons of the unread manifests, by their path in the store; a folder ends with a slash. */
    Map<String, String> unreadable() {
        return unreadable;
    }
}
