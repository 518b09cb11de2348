package org.pgsteward.backup.copy;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.pgsteward.backup.store.AgeKeys;
import org.pgsteward.backup.store.DiskNeedRule;
import org.pgsteward.backup.store.DiskSpace;
import org.pgsteward.backup.store.ReceivedBackup;
import org.pgsteward.backup.store.Store;
import org.pgsteward.backup.store.StoredBackup;
import org.pgsteward.io.AtomicFile;
import org.pgsteward.model.Count;
import org.pgsteward.model.FirstCause;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Fetches backups from a target. First its manifests come into a folder, which then is a store without files: the
 * catalogue. Then the files of chosen backups come into that store or another one.
 *
 * <p>The target is not trusted. All numbers and sizes are limited, and only names that pgsteward itself gives are used.
 */
public final class CopyFetch {
    private static final Logger LOG = LoggerFactory.getLogger(CopyFetch.class);

    /** The largest number of manifests that are fetched: 500 services with 200 backups each. */
    private static final int MOST_MANIFESTS = 100_000;

    /** The largest number of a service's manifests. An inventory reads no more of one folder. */
    private static final int MOST_OF_ONE = 5_000;

    /** The largest size in bytes of all manifests. One has a thousand bytes, with ten thousand tables a million. */
    private static final long MOST_BYTES = 2L << 30;

    /** A target that failed this often in a row does not answer. */
    private static final int MOST_FAILURES = 3;

    /** A restore of all databases reads the newest set. */
    private static final int NEWEST_SETS = 3;

    private static final Pattern SET = Pattern.compile("_sets/\\d{8}T\\d{6}Z\\.json");

    private final String target;
    private final CopyPlace place;
    private final Store catalogue;

    /**
     * @param target the name of the target, for messages
     * @param catalogue a store in an empty folder, which gets the manifests
     */
    public CopyFetch(String target, CopyPlace place, Store catalogue) {
        this.target = target;
        this.place = place;
        this.catalogue = catalogue;
    }

    /**
     * Fetches the manifests of all backups at the target into the catalogue.
     *
     * @return lines about manifests that were not fetched
     * @throws IOException if the target does not answer
     */
    public List<String> manifests() throws IOException, InterruptedException {
        Files.createDirectories(catalogue.root());
        try {
            if (place.manifests(catalogue.root()).isPresent()) {
                return removeOthers();
            }
            return oneByOne();
        } catch (IOException e) {
            throw new IOException("cannot read the backups at " + target + ": " + FirstCause.of(e), e);
        }
    }

    private List<String> oneByOne() throws IOException, InterruptedException {
        List<String> notes = new ArrayList<>();
        Collection<String> paths = newestFirst(place.list(), notes);
        long sum = 0;
        int done = 0;
        int failures = 0;
        for (String path : paths) {
            if (sum > MOST_BYTES) {
                notes.add(Count.words(paths.size() - done, "manifest") + " at " + target
                        + " not fetched: the limit of all is " + MOST_BYTES + " bytes");
                break;
            }
            done++;
            try {
                byte[] bytes = bytes(path);
                Path file = catalogue.root().resolve(path);
                Files.createDirectories(file.resolveSibling(""));
                AtomicFile.writeUnsynced(file, bytes, AtomicFile.PRIVATE);
                sum += bytes.length;
                failures = 0;
            } catch (IOException e) {
                failures++;
                if (failures >= MOST_FAILURES) {
                    throw e;
                }
                notes.add(path + " at " + target + " cannot be read: " + FirstCause.of(e));
            }
        }
        return notes;
    }

    private byte[] bytes(String path) throws IOException, InterruptedException {
        try (Incoming in = place.get(path)) {
            byte[] bytes = in.content().readNBytes(Store.LARGEST_DOCUMENT + 1);
            if (bytes.length > Store.LARGEST_DOCUMENT) {
                throw new IOException("it has more than the limit of " + Store.LARGEST_DOCUMENT + " bytes");
            }
            return bytes;
        }
    }

    /**
     * Returns the paths of manifests: the newest of each service first, then the second newest, and so on. So a service
     * with too many of them displaces no other.
     */
    private Collection<String> newestFirst(List<String> names, List<String> notes) {
        Map<String, Integer> ranks = new HashMap<>();
        Map<String, Integer> ofService = new HashMap<>();
        names.stream()
                .filter(Store::isManifestPath)
                .distinct()
                .sorted(Comparator.reverseOrder())
                .forEach(path ->
                        ranks.put(path, ofService.merge(path.substring(0, path.indexOf('/')), 1, Integer::sum)));
        List<String> chosen = ranks.entrySet().stream()
                .filter(path -> path.getValue() <= MOST_OF_ONE)
                .sorted(Map.Entry.<String, Integer>comparingByValue().thenComparing(Map.Entry.comparingByKey()))
                .limit(MOST_MANIFESTS)
                .map(Map.Entry::getKey)
                .toList();
        if (chosen.size() < ranks.size()) {
            notes.add(Count.words(ranks.size() - chosen.size(), "manifest") + " at " + target
                    + " not fetched, since there are too many; the limits are " + MOST_OF_ONE + " of a service and "
                    + MOST_MANIFESTS + " in all");
        }
        return chosen;
    }

    /** Removes all but manifests from the catalogue, such as links that the program of a target has made. */
    private List<String> removeOthers() throws IOException {
        List<String> notes = new ArrayList<>();
        Path root = catalogue.root();
        Files.walkFileTree(root, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes found) throws IOException {
                String path = root.relativize(file).toString();
                boolean isTooLarge = found.size() > Store.LARGEST_DOCUMENT;
                if (!found.isRegularFile() || isTooLarge || !Store.isManifestPath(path)) {
                    Files.delete(file);
                    if (isTooLarge && notes.size() < MOST_FAILURES) {
                        notes.add(path + " at " + target + " has more than the limit of " + Store.LARGEST_DOCUMENT
                                + " bytes");
                    }
                }
                return FileVisitResult.CONTINUE;
            }
        });
        return notes;
    }

    /**
     * Fetches the file of a backup, unless the store has it already.
     *
     * @param backup of the catalogue
     * @param into the store that gets it; it may be the catalogue
     * @param keys that encrypt it if the target has its plain content
     * @return the backup in that store
     * @throws IOException if the target does not have it, its content is not the expected one, or the disk is too small
     */
    public StoredBackup file(StoredBackup backup, Store into, AgeKeys keys) throws IOException, InterruptedException {
        try {
            ReceivedBackup received = new ReceivedBackup(catalogue, backup, into);
            Optional<StoredBackup> there = received.there();
            if (there.isPresent()) {
                return there.get();
            }
            requireSpace(backup.manifest().file().sizeBytes(), into.root());
            try (Incoming in = place.get(backup.path())) {
                return in.plainSha256().isPresent()
                        ? received.asPlain(in.content(), in.plainSha256().get(), keys)
                        : received.asStored(in.content());
            }
        } catch (IOException e) {
            throw new IOException("cannot fetch " + backup.path() + " from " + target + ": " + FirstCause.of(e), e);
        }
    }

    /** Returns whether the store has a backup of the catalogue already, whole and unaltered. */
    public boolean isThere(StoredBackup backup, Store into) {
        try {
            return new ReceivedBackup(catalogue, backup, into).there().isPresent();
        } catch (IOException unreadable) {
            return false;
        }
    }

    /**
     * Requires free space for files, before any is fetched.
     *
     * @throws IOException if the disk is too small, in one line
     */
    public static void requireSpace(long bytes, Path folder) throws IOException {
        Path existing = DiskSpace.existing(folder);
        long free = Files.getFileStore(existing).getUsableSpace();
        if (bytes > free) {
            throw new IOException("it needs " + DiskNeedRule.words(bytes) + ", and " + existing + " has "
                    + DiskNeedRule.words(free) + " free; make room there");
        }
    }

    /**
     * Fetches the documents of the newest backup sets, which name the databases without a backup. A target without them is
     * no failure.
     */
    public void sets(Store into) throws InterruptedException {
        try {
            for (String path : place.list().stream()
                    .filter(name -> SET.matcher(name).matches())
                    .sorted(Comparator.reverseOrder())
                    .limit(NEWEST_SETS)
                    .toList()) {
                Path file = into.root().resolve(path);
                if (!Files.exists(file)) {
                    byte[] bytes = bytes(path);
                    Files.createDirectories(file.resolveSibling(""));
                    AtomicFile.write(file, bytes, AtomicFile.PRIVATE);
                }
            }
        } catch (IOException e) {
            LOG.warn("cannot read the backup sets at {}: {}", target, FirstCause.of(e));
        }
    }
}
