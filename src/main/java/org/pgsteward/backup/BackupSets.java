package org.pgsteward.backup;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.pgsteward.model.Backup;

/**
 * The sets' documents in the store, {@code _sets/<id>.json}. Each says from its first second what is missing from it, so
 * that one whose process was killed says so too; whoever starts next closes it.
 */
public final class BackupSets {
    /** As long as a night, with all that has to be tried again in it. */
    static final Duration NIGHT = Duration.ofHours(12);

    /** How long the document of a set stays of which nothing is left. */
    private static final Duration REMEMBERED = Duration.ofDays(30);

    private static final String LOCK = "_set-";

    private static final Pattern ID = Pattern.compile("\\d{8}T\\d{6}Z");

    private final Store store;
    private final Path locks;
    private final Clock clock;
    private final Map<String, RunLock> ours = new HashMap<>();

    public BackupSets(Store store, Path locks, Clock clock) {
        this.store = store;
        this.locks = locks;
        this.clock = clock;
    }

    /** Begins a set of {@code toMake}. */
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

    /** A set that cannot be written is nobody's: its lock goes at once. */
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

    /** Goes on with the night's newest set, if there is one that lacks all of {@code toMake}. */
    public synchronized Optional<BackupSet> goOn(String asked, List<BackupTarget> toMake) throws IOException {
        Optional<BackupSet> night = all().stream()
                .filter(set -> set.asked().equals(asked))
                .findFirst()
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

    /** What has become of a backup, whenever; of one that belongs to no set, nothing. */
    public synchronized void note(Backup backup) throws IOException {
        Optional<BackupSet> set = backup.setId().isEmpty() ? Optional.empty() : read(backup.setId());
        if (set.isPresent()) {
            BackupSet changed = set.get().with(backup);
            if (!changed.equals(set.get())) {
                save(changed);
            }
        }
    }

    /**
     * Nobody works on it any more.
     *
     * @param there every database there is by now
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
                            "it appeared while the set was made");
                }
            }
            save(closing.closed(clock.instant(), "it was not begun"));
        }
        letGo(id);
    }

    /** Closes those of processes that are gone, and removes what they left; brings all up to date with the store. */
    public synchronized void tidy() throws IOException {
        for (String id : store.unfinished(Store.SETS)) {
            Optional<RunLock> lock = ours.containsKey(id) ? Optional.empty() : RunLock.ofFolder(locks, LOCK + id);
            if (lock.isPresent()) {
                ours.put(id, lock.get());
                Files.deleteIfExists(store.resolve(Store.partOf(pathOf(id))));
                letGo(id);
            }
        }
        Instant now = clock.instant();
        for (BackupSet set : read()) {
            BackupSet tidied = set.whereThereAre(present(set));
            if (set.closedAt() == null && !ours.containsKey(set.id())) {
                Optional<RunLock> lock = RunLock.ofFolder(locks, LOCK + set.id());
                if (lock.isPresent()) {
                    ours.put(set.id(), lock.get());
                    tidied = tidied.closed(now, "the process that made it ended before it was done");
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

    /** Newest first, as they stand: a member whose file is gone has expired. */
    public synchronized List<BackupSet> all() throws IOException {
        List<BackupSet> sets = new ArrayList<>();
        for (BackupSet set : read()) {
            sets.add(set.whereThereAre(present(set)));
        }
        sets.sort(Comparator.comparing(BackupSet::id).reversed());
        return sets;
    }

    /** As the documents spell it. */
    public String json(List<BackupSet> sets) throws IOException {
        return store.text(Map.of("sets", sets));
    }

    private Set<String> present(BackupSet set) {
        return set.members().stream()
                .map(BackupSet.Member::path)
                .filter(store::isWhole)
                .collect(Collectors.toSet());
    }

    private List<BackupSet> read() throws IOException {
        List<BackupSet> sets = new ArrayList<>();
        for (String id : store.documents(Store.SETS)) {
            read(id).ifPresent(sets::add);
        }
        return sets;
    }

    private Optional<BackupSet> read(String id) throws IOException {
        return ID.matcher(id).matches() ? store.document(pathOf(id), BackupSet.class) : Optional.empty();
    }

    private BackupSet save(BackupSet set) throws IOException {
        store.write(pathOf(set.id()), set);
        return set;
    }

    private void letGo(String id) throws IOException {
        RunLock lock = ours.remove(id);
        if (lock != null) {
            // Nobody will want this name again.
            Files.deleteIfExists(locks.resolve(LOCK + id + ".lock"));
            lock.close();
        }
    }

    private static String pathOf(String id) {
        return Store.SETS + "/" + id + ".json";
    }
}
