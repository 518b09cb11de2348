package org.pgsteward.backup.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.pgsteward.backup.schedule.BackupTarget;
import org.pgsteward.backup.underway.RunLock;
import org.pgsteward.model.Backup;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The documents of the sets in the store, {@code _sets/<id>.json}. Each lists its missing backups from its first
 * second, so the list is also right after a kill. The next process closes the set.
 */
public final class BackupSets {
    /** The longest duration of a night, with all retries. */
    static final Duration NIGHT = Duration.ofHours(12);

    /** The time for which the document of a set is kept after all its files are gone. */
    private static final Duration REMEMBERED = Duration.ofDays(30);

    private static final String LOCK = "_set-";
    private static final String JSON = ".json";

    private static final Pattern ID = Pattern.compile("\\d{8}T\\d{6}Z");

    private static final Logger LOG = LoggerFactory.getLogger(BackupSets.class);

    /** The largest number of characters of the listed sets. */
    private static final long MOST_KEPT = 6_000_000;

    /** The largest number of unreadable documents that are named in the log. */
    private static final int MOST_NAMED = 20;

    private final Store store;
    private final Path locks;
    private final Clock clock;
    private final Map<String, RunLock> ours = new HashMap<>();
    private final Set<String> named = new HashSet<>();

    public BackupSets(Store store, Path locks, Clock clock) {
        this.store = store;
        this.locks = locks;
        this.clock = clock;
    }

    /**
     * Begins a set of {@code toMake}.
     *
     * @param asked the requester
     * @param others the missing backups that are not made now
     */
    public synchronized BackupSet open(
            String asked, List<BackupTarget> toMake, List<BackupSet.Missing> others, BackupSet.@Nullable Newest base)
            throws IOException {
        Instant at = clock.instant();
        Optional<RunLock> lock = Optional.empty();
        while (lock.isEmpty()) {
            if (!Files.exists(store.resolve(pathOf(Store.time(at))))) {
                lock = RunLock.ofFolder(locks, LOCK + Store.time(at));
            }
            if (lock.isEmpty()) {
                at = at.plusSeconds(1);
            }
        }
        String id = Store.time(at);
        return opened(lock.get(), BackupSet.opened(id, asked, at, toMake, others, base));
    }

    /** Writes a set. If that fails, its lock is released at once. */
    private BackupSet opened(RunLock lock, BackupSet set) throws IOException {
        ours.put(set.id(), lock);
        boolean saved = false;
        try {
            save(set);
            saved = true;
            return set;
        } finally {
            if (!saved) {
                letGo(set.id());
            }
        }
    }

    /** Continues this night's newest set if it has a good backup of none of {@code toMake}; empty otherwise. */
    public synchronized Optional<BackupSet> goOn(String asked, List<BackupTarget> toMake) throws IOException {
        Optional<BackupSet> night = newest(asked)
                .filter(set -> set.startedAt().plus(NIGHT).isAfter(clock.instant()))
                .filter(set -> toMake.stream().noneMatch(set::holds))
                .filter(set -> !ours.containsKey(set.id()));
        if (night.isEmpty()) {
            return night;
        }
        Optional<RunLock> lock = RunLock.ofFolder(locks, LOCK + night.get().id());
        if (lock.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(opened(lock.get(), night.get().reopened(toMake)));
    }

    /** Records the new state of a backup in its set. A backup without a set is ignored. */
    public synchronized void note(Backup backup) throws IOException {
        Optional<BackupSet> set = backup.identity().setId().isEmpty()
                ? Optional.empty()
                : read(backup.identity().setId());
        if (set.isPresent()) {
            BackupSet changed = set.get().with(backup);
            if (!changed.equals(set.get())) {
                save(changed);
            }
        }
    }

    /**
     * Finishes a set.
     *
     * @param there all databases that exist by now
     */
    public synchronized void close(String id, List<BackupTarget> there) throws IOException {
        Optional<BackupSet> set = read(id);
        if (set.isPresent()) {
            BackupSet closing = set.get();
            for (BackupTarget target : there) {
                if (!closing.speaksOf(target)) {
                    closing = closing.lacking(
                            target.service(),
                            target.database(),
                            target.kind().word(),
                            "the database appeared while the set was made");
                }
            }
            save(closing.closed(clock.instant(), "its backup was not started"));
        }
        letGo(id);
    }

    /**
     * Closes the sets of ended processes, removes their unfinished files, and updates all sets to the files in the
     * store.
     */
    public synchronized void tidy() throws IOException {
        for (String id : FolderNames.without(JSON + Store.PART, store.resolve(Store.SETS))) {
            Optional<RunLock> lock = ours.containsKey(id) ? Optional.empty() : RunLock.ofFolder(locks, LOCK + id);
            if (lock.isPresent()) {
                ours.put(id, lock.get());
                Files.deleteIfExists(store.resolve(Store.partOf(pathOf(id))));
                letGo(id);
            }
        }
        Instant now = clock.instant();
        for (String id : ids()) {
            Optional<BackupSet> read = readable(id);
            if (read.isEmpty()) {
                continue;
            }
            BackupSet set = read.get();
            BackupSet tidied = set.whereThereAre(present(set));
            if (set.closedAt() == null && !ours.containsKey(set.id())) {
                Optional<RunLock> lock = RunLock.ofFolder(locks, LOCK + set.id());
                if (lock.isPresent()) {
                    ours.put(set.id(), lock.get());
                    tidied = tidied.closed(now, "its process ended before the backup was finished");
                }
            }
            if (tidied.closedAt() != null
                    && tidied.paths().isEmpty()
                    && tidied.startedAt().plus(REMEMBERED).isBefore(now)) {
                Files.deleteIfExists(store.resolve(pathOf(set.id())));
            } else if (!tidied.equals(set)) {
                save(tidied);
            }
            if (tidied.closedAt() != null) {
                letGo(set.id());
            }
        }
    }

    /**
     * Returns the sets in their present state, newest first: a member without a file has expired. If there are too
     * many, the oldest are omitted.
     */
    public synchronized List<BackupSet> all() throws IOException {
        List<BackupSet> sets = new ArrayList<>();
        long kept = 0;
        long left = 0;
        for (String id : ids()) {
            if (kept > MOST_KEPT) {
                left++;
                continue;
            }
            Optional<BackupSet> set = readable(id);
            if (set.isPresent()) {
                kept += SetFields.size(set.get());
                sets.add(set.get().whereThereAre(present(set.get())));
            }
        }
        if (left > 0) {
            LOG.warn("{} older backup sets are not listed, because there are too many", left);
        }
        return sets;
    }

    private Optional<BackupSet> newest(String asked) throws IOException {
        for (String id : ids()) {
            Optional<BackupSet> set = readable(id).filter(one -> one.asked().equals(asked));
            if (set.isPresent()) {
                return Optional.of(set.get().whereThereAre(present(set.get())));
            }
        }
        return Optional.empty();
    }

    /** Returns the sets in the spelling of the documents. */
    public String json(List<BackupSet> sets) throws IOException {
        return store.text(Map.of("sets", sets));
    }

    private Set<String> present(BackupSet set) {
        return set.members().stream()
                .map(BackupSet.Member::path)
                .filter(store::isWhole)
                .collect(Collectors.toSet());
    }

    /** Returns the ids, newest first. */
    private List<String> ids() throws IOException {
        return FolderNames.without(JSON, store.resolve(Store.SETS)).stream()
                .filter(id -> ID.matcher(id).matches())
                .sorted(Comparator.reverseOrder())
                .toList();
    }

    /** Returns a set; empty, with a warning, if its document cannot be read. Other sets must remain visible. */
    private Optional<BackupSet> readable(String id) {
        try {
            return read(id);
        } catch (IOException e) {
            if (named.size() < MOST_NAMED && named.add(id)) {
                LOG.warn("cannot read backup set {}: {}", pathOf(id), e.getMessage());
            }
            return Optional.empty();
        }
    }

    private Optional<BackupSet> read(String id) throws IOException {
        if (!ID.matcher(id).matches()) {
            return Optional.empty();
        }
        Optional<BackupSet> set = store.document(pathOf(id), BackupSet.class);
        if (set.isPresent()) {
            try {
                SetFields.check(set.get(), id);
            } catch (IOException e) {
                throw new IOException(e.getMessage() + "; remove the file if another program wrote it", e);
            }
        }
        return set;
    }

    private BackupSet save(BackupSet set) throws IOException {
        store.write(pathOf(set.id()), set);
        return set;
    }

    private void letGo(String id) throws IOException {
        RunLock lock = ours.remove(id);
        if (lock != null) {
            // This name is never needed again.
            Files.deleteIfExists(locks.resolve(LOCK + id + ".lock"));
            lock.close();
        }
    }

    private static String pathOf(String id) {
        return Store.SETS + "/" + id + JSON;
    }
}
