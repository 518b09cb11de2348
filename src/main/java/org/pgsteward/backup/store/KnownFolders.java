package org.pgsteward.backup.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * The part of a store's inventory that {@link RecoveryCard} shows. A night writes the card after each backup. With 200
 * databases, reading all manifests each time would read a million of them, and 5,000 manifests fill the heap.
 *
 * <ul>
 *   <li>It remembers six values of every manifest, and lists a folder again only after a file was added or removed
 *       there.
 *   <li>It reads three manifests of each database: the newest, the newest trusted and the newest verified one.
 * </ul>
 *
 * <p>It notices a manifest that was rewritten in place only when its folder changes. A restore or a verification always
 * reads the manifest itself.
 */
final class KnownFolders {
    /**
     * The age from which a folder's time stamp is reliable. A folder that changed more recently may change again with
     * the same time stamp.
     */
    private static final Duration SETTLED = Duration.ofSeconds(2);

    /** The largest number of characters of all remembered values; a backup has about 200. */
    private static final long MOST_KEPT = 6_000_000;

    /**
     * The largest number of characters of the reasons why manifests cannot be read. Beyond it, a folder's manifests are
     * only counted.
     */
    private static final long MOST_REASONS = 500_000;

    private final Store store;
    private Map<Path, Folder> known = new HashMap<>();

    /** The manifests that the last call returned. */
    private Map<Entry, StoredBackup> returned = new HashMap<>();

    KnownFolders(Store store) {
        this.store = store;
    }

    /** The values of a manifest that decide whether the card shows it. */
    private record Entry(
            String path, String backupId, String subject, String sha256, Instant startedAt, ManifestSignature signature)
            implements CardRule.Values {
        long size() {
            return ManifestSize.texts(path, backupId, subject, sha256);
        }
    }

    /**
     * The remembered values of a folder.
     *
     * @param unsignedBytes the size of the parsed manifests without a valid signature
     */
    private record Folder(
            FileTime changed, List<Entry> entries, Map<String, String> unreadable, long unsignedBytes, boolean cut) {
        private void countIn(ManifestBudget budget) {
            budget.countUnsigned(unsignedBytes);
            entries.forEach(entry -> budget.keep(entry.signature(), entry.size()));
        }

        private Folder withoutReasons(String name) {
            return new Folder(
                    changed,
                    entries,
                    Map.of(name + "/", unreadable.size() + " manifests cannot be read"),
                    unsignedBytes,
                    cut);
        }
    }

    /**
     * Returns the newest backup, the newest trusted and the newest verified one of each database, of the globals and of
     * the cluster.
     *
     * @param verified the hashes of the files of verified backups, by their ids
     * @throws IOException when the store itself cannot be read
     */
    synchronized Inventory newest(Map<String, String> verified) throws IOException {
        List<Entry> entries = new ArrayList<>();
        Map<String, String> unreadable = new TreeMap<>();
        Map<Path, Folder> now = new HashMap<>();
        ManifestBudget budget = ManifestBudget.of(MOST_KEPT);
        long reasons = 0;
        long left = 0;
        for (Path path : folders()) {
            if (budget.isFull()) {
                left++;
                continue;
            }
            FileTime changed = Files.getLastModifiedTime(path);
            Folder before = known.get(path);
            Folder folder;
            if (before != null && before.changed().equals(changed)) {
                folder = before;
                folder.countIn(budget);
            } else {
                folder = read(path, changed, budget);
                folder.entries().forEach(returned::remove);
            }
            reasons += ManifestSize.map(folder.unreadable());
            if (reasons > MOST_REASONS && folder.unreadable().size() > 1) {
                folder = folder.withoutReasons(path.getFileName().toString());
            }
            // A folder that exceeded the budget beside others is read again next time.
            if (!folder.cut() && changed.toInstant().plus(SETTLED).isBefore(Instant.now())) {
                now.put(path, folder);
            }
            entries.addAll(folder.entries());
            unreadable.putAll(folder.unreadable());
        }
        if (left > 0) {
            unreadable.put("./", left + " folders are not read, since there are too many manifests");
        }
        known = now;
        entries.sort((one, other) -> other.startedAt().compareTo(one.startedAt()));
        return manifests(chosen(entries, verified), unreadable);
    }

    private static List<Entry> chosen(List<Entry> newestFirst, Map<String, String> verified) {
        Optional<Entry> firstSigned = newestFirst.stream()
                .filter(entry -> entry.signature() == ManifestSignature.VALID)
                .reduce((newer, older) -> older);
        CardRule rule = new CardRule(verified, firstSigned.map(Entry::startedAt));
        Set<String> seen = new HashSet<>();
        Set<String> trusted = new HashSet<>();
        Set<String> good = new HashSet<>();
        List<Entry> chosen = new ArrayList<>();
        for (Entry entry : newestFirst) {
            boolean isNewest = seen.add(entry.subject());
            boolean isTrusted = rule.doubt(entry).isEmpty();
            boolean isNewestTrusted = isTrusted && trusted.add(entry.subject());
            boolean isNewestGood = isTrusted && rule.isVerified(entry) && good.add(entry.subject());
            // Inventory.signedSince needs the first signed backup.
            if (isNewest
                    || isNewestTrusted
                    || isNewestGood
                    || firstSigned.filter(entry::equals).isPresent()) {
                chosen.add(entry);
            }
        }
        return chosen;
    }

    private Inventory manifests(List<Entry> chosen, Map<String, String> unreadable) {
        List<StoredBackup> backups = new ArrayList<>();
        Map<Entry, StoredBackup> read = new HashMap<>();
        ManifestBudget budget = ManifestBudget.of(MOST_KEPT);
        long left = 0;
        for (Entry entry : chosen) {
            try {
                StoredBackup last = returned.get(entry);
                if (!budget.admits(entry.signature(), 0)) {
                    left++;
                    continue;
                }
                StoredBackup backup = last == null ? Inventory.read(store, entry.path()) : last;
                backups.add(backup);
                budget.keep(backup.signature(), ManifestSize.of(backup.manifest()));
                read.put(entry, backup);
            } catch (IOException | RuntimeException e) {
                unreadable.put(entry.path() + Store.MANIFEST, Inventory.firstLine(e));
            }
        }
        if (left > 0) {
            unreadable.put(".", left + " manifests are not read, since there are too many");
        }
        returned = read;
        return Inventory.sorted(backups, unreadable);
    }

    private Folder read(Path path, FileTime changed, ManifestBudget budget) throws IOException {
        ManifestReading manifests = new ManifestReading(store, budget);
        List<Entry> entries = new ArrayList<>();
        long before = budget.unsignedBytes();
        manifests.read(path, Store.MANIFEST, (file, signed) -> {
            String manifest = store.root().relativize(file).toString();
            StoredBackup backup =
                    Inventory.backup(manifest.substring(0, manifest.length() - Store.MANIFEST.length()), signed);
            Entry entry = new Entry(
                    backup.path(),
                    backup.manifest().identity().backupId(),
                    Inventory.subject(backup),
                    backup.sha256(),
                    backup.manifest().run().startedAt(),
                    backup.signature());
            entries.add(entry);
            return entry.size();
        });
        return new Folder(changed, entries, manifests.unreadable(), budget.unsignedBytes() - before, manifests.isCut());
    }

    private List<Path> folders() throws IOException {
        return FolderNames.folders(store.root()).oldestFirst();
    }
}
