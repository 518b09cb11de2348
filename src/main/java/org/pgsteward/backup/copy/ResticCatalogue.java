package org.pgsteward.backup.copy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.regex.Pattern;
import org.pgsteward.backup.store.Store;
import org.pgsteward.io.AtomicFile;
import org.pgsteward.io.BoundedFile;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The manifests and other documents of a repository. A snapshot for each would take a second and more, so all of them are
 * one snapshot, the catalogue. Its next version is collected in the private folder.
 *
 * <p>A new machine begins with an empty folder. So the newest catalogue of the repository is merged into it first.
 */
final class ResticCatalogue {
    private static final Logger LOG = LoggerFactory.getLogger(ResticCatalogue.class);

    private static final int LARGEST_DOCUMENT = 16 << 20;
    private static final Pattern NAME = Pattern.compile("(?:[^/\\p{Cntrl}]{1,255}/)?[^/\\p{Cntrl}]{1,255}");
    private static final String MANIFEST = Store.manifestOf("");
    private static final String SETS = "_sets/";

    /** A restore reads the newest set only. */
    private static final int NEWEST_SETS = 30;

    /** restic stores no empty folder, so each catalogue has this document. */
    private static final String README = "README.md";

    private static final String ABOUT = """
            pgsteward keeps copies of its backups in this restic repository.

            - `restic snapshots --tag pgsteward` lists them. The tag `path=` has the name of the backup, and `sha256=` the
              hash of the content.
            - `restic dump SNAPSHOT /FILE > FILE` writes the content. With the tag `form=plain`, it is neither compressed nor
              encrypted.
            - The newest snapshot with the tag `pgsteward-catalogue` has the manifests and RECOVERY.md.
            """;

    private final Restic restic;
    private final ResticFetch fetch;
    /** The documents of the next version, by their paths. */
    private final Path documents;

    /** The file with the id of the catalogue that was stored or merged last. */
    private final Path known;

    /** A file that exists while the documents differ from the catalogue in the repository. */
    private final Path changed;

    ResticCatalogue(Restic restic, Path folder) {
        this.restic = restic;
        fetch = new ResticFetch(restic, folder);
        documents = folder.resolve("catalogue");
        known = folder.resolve("catalogue.id");
        changed = folder.resolve("catalogue.changed");
    }

    /** Returns whether a path is that of a document, and not of a backup. */
    static boolean isDocument(String path) {
        return path.endsWith(MANIFEST) || path.startsWith(SETS) || !path.contains("/");
    }

    /** Merges the newest catalogue of the repository, unless it is the known one. */
    void merge(List<ResticSnapshot> snapshots) throws IOException, InterruptedException {
        Files.createDirectories(documents);
        fetch.clear();
        List<ResticSnapshot> there = ResticSnapshot.catalogues(snapshots);
        if (there.isEmpty()) {
            if (!ResticFetch.paths(documents).isEmpty()) {
                mark();
            }
            return;
        }
        String newest = there.get(0).id();
        if (Files.exists(known)
                && newest.equals(new String(BoundedFile.bytesNoLink(known, 100), StandardCharsets.UTF_8))) {
            return;
        }
        if (!isMerged(there)) {
            mark();
        }
        AtomicFile.write(known, newest.getBytes(StandardCharsets.UTF_8), AtomicFile.PRIVATE);
    }

    /** Adds the documents that are missing here, and returns whether the repository has all documents of this host. */
    private boolean isMerged(List<ResticSnapshot> catalogues) throws IOException, InterruptedException {
        try {
            return fetch.with(catalogues, fetched -> {
                Set<String> names = ResticFetch.paths(fetched);
                for (String path : names) {
                    if (!Files.exists(documents.resolve(path), LinkOption.NOFOLLOW_LINKS)) {
                        ResticFetch.move(fetched.resolve(path), documents.resolve(path));
                    }
                }
                return names.containsAll(ResticFetch.paths(documents));
            });
        } catch (ResticFailure e) {
            // All of them are damaged. This host has its own documents, and a new machine cannot do without.
            if (e.kind() != ResticFailure.Kind.OTHER
                    || ResticFetch.paths(documents).isEmpty()) {
                throw e;
            }
            LOG.warn("no catalogue in the restic repository can be read; it is stored again: {}", e.getMessage());
            return false;
        }
    }

    private void mark() throws IOException {
        AtomicFile.write(changed, new byte[0], AtomicFile.PRIVATE);
    }

    /** Collects a document. */
    CopyPlace.Stored put(String path, byte[] content) throws IOException {
        requireName(path);
        Path document = documents.resolve(path);
        if (Files.isRegularFile(document, LinkOption.NOFOLLOW_LINKS)
                && Arrays.equals(BoundedFile.bytesNoLink(document, LARGEST_DOCUMENT), content)) {
            return Files.exists(changed) ? CopyPlace.Stored.AFTER_COMMIT : CopyPlace.Stored.NOW;
        }
        mark();
        Files.createDirectories(document.resolveSibling(""));
        AtomicFile.write(document, content, AtomicFile.PRIVATE);
        return CopyPlace.Stored.AFTER_COMMIT;
    }

    void remove(String path) throws IOException {
        requireName(path);
        if (Files.exists(documents.resolve(path), LinkOption.NOFOLLOW_LINKS)) {
            mark();
            AtomicFile.remove(documents.resolve(path));
        }
    }

    private static void requireName(String path) throws IOException {
        if (!NAME.matcher(path).matches() || Path.of(path).normalize().startsWith("..") || path.contains("/..")) {
            throw new IOException("the path " + path + " leaves the catalogue");
        }
    }

    boolean isChanged() {
        return Files.exists(changed);
    }

    /**
     * Stores the documents as the newest catalogue, compares it there, and removes the older ones.
     *
     * @param force also without a change
     */
    void commit(boolean force) throws IOException, InterruptedException {
        if (!force && !isChanged()) {
            return;
        }
        List<ResticSnapshot> snapshots = restic.snapshots();
        merge(snapshots);
        clean(snapshots);
        put(README, ABOUT.getBytes(StandardCharsets.UTF_8));
        List<ResticSnapshot> older = ResticSnapshot.catalogues(snapshots);
        long number = older.isEmpty() ? 1 : older.get(0).number() + 1;
        List<String> tags = List.of(ResticSnapshot.CATALOGUE, "number=" + number);
        String id;
        try {
            id = stored(tags);
        } catch (ResticFailure e) {
            if (e.kind() != ResticFailure.Kind.OTHER) {
                throw e;
            }
            // A missing part is stored again only if it is not in the index.
            restic.rebuildIndex();
            id = stored(tags);
        }
        AtomicFile.write(known, id.getBytes(StandardCharsets.UTF_8), AtomicFile.PRIVATE);
        AtomicFile.remove(changed);
        try {
            restic.forget(older);
        } catch (ResticFailure e) {
            LOG.debug("the repository keeps older catalogues: {}", e.getMessage());
        }
    }

    /** Stores the documents once, and compares them there. */
    private String stored(List<String> tags) throws IOException, InterruptedException {
        String id = restic.store(documents, tags);
        ResticSnapshot stored = new ResticSnapshot(id, "", tags, OptionalLong.empty());
        if (!fetch.with(stored, this::equalsDocuments)) {
            throw new IOException("the catalogue in the repository differs from the documents that were sent");
        }
        return id;
    }

    /** Removes manifests without a backup, and old sets. */
    private void clean(List<ResticSnapshot> snapshots) throws IOException {
        Set<String> backups = backups(snapshots);
        Set<String> paths = ResticFetch.paths(documents);
        for (String path : paths) {
            if (path.endsWith(MANIFEST) && !backups.contains(path.substring(0, path.length() - MANIFEST.length()))) {
                Files.delete(documents.resolve(path));
            }
        }
        List<String> sets = paths.stream()
                .filter(path -> path.startsWith(SETS))
                .sorted(Comparator.reverseOrder())
                .skip(NEWEST_SETS)
                .toList();
        for (String set : sets) {
            Files.delete(documents.resolve(set));
        }
    }

    /** Returns the paths of the complete backups. */
    static Set<String> backups(List<ResticSnapshot> snapshots) {
        Set<String> paths = new HashSet<>();
        snapshots.stream()
                .filter(ResticSnapshot::isComplete)
                .forEach(snapshot -> paths.add(snapshot.path().orElseThrow()));
        return paths;
    }

    private boolean equalsDocuments(Path fetched) throws IOException {
        Set<String> paths = ResticFetch.paths(documents);
        if (!paths.equals(ResticFetch.paths(fetched))) {
            return false;
        }
        for (String path : paths) {
            if (Files.mismatch(documents.resolve(path), fetched.resolve(path)) >= 0) {
                return false;
            }
        }
        return true;
    }

    /**
     * Fetches the manifests of the backups that the repository has.
     *
     * @return their number
     */
    int manifests(List<ResticSnapshot> snapshots, Path target) throws IOException, InterruptedException {
        List<ResticSnapshot> catalogues = ResticSnapshot.catalogues(snapshots);
        if (catalogues.isEmpty()) {
            return 0;
        }
        Set<String> backups = backups(snapshots);
        return fetch.with(catalogues, fetched -> {
            int number = 0;
            for (String path : ResticFetch.paths(fetched)) {
                if (path.endsWith(MANIFEST) && backups.contains(path.substring(0, path.length() - MANIFEST.length()))) {
                    ResticFetch.move(fetched.resolve(path), target.resolve(path));
                    number++;
                }
            }
            return number;
        });
    }

    /** Returns the paths of the documents in the newest catalogue. */
    Set<String> list(List<ResticSnapshot> snapshots) throws IOException, InterruptedException {
        List<ResticSnapshot> catalogues = ResticSnapshot.catalogues(snapshots);
        return catalogues.isEmpty() ? Set.of() : fetch.with(catalogues, ResticFetch::paths);
    }

    /** Returns the newest catalogue. */
    static Optional<ResticSnapshot> newest(List<ResticSnapshot> snapshots) {
        return ResticSnapshot.catalogues(snapshots).stream().findFirst();
    }
}
