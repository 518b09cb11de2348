package org.pgsteward.backup.retention;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.pgsteward.alert.OneLine;
import org.pgsteward.backup.store.Inventory;
import org.pgsteward.backup.store.Removal;
import org.pgsteward.backup.store.Store;
import org.pgsteward.backup.store.StoredBackup;
import org.pgsteward.backup.underway.RunLock;
import org.pgsteward.journal.BackupRows;
import org.pgsteward.model.BackupState;
import org.pgsteward.model.Refusal;
import org.pgsteward.model.Suggestions;

/**
 * Pins backups, so that retention keeps them, and removes pins. A pin of an operator is in the store, and needs no
 * PostgreSQL. The pin of an image change is in the journal; only its removal needs PostgreSQL.
 */
public final class Pinning {
    /** The time for which a pin waits for a removal of the same backup that has begun. */
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private static final long LOOK_NANOSECONDS = Duration.ofMillis(20).toNanos();

    private final Store store;
    private final BackupRows rows;
    private final Path locks;
    private final Clock clock;
    private final Removal removal;

    public Pinning(Store store, BackupRows rows, Path locks, Clock clock) {
        this.store = store;
        this.rows = rows;
        this.locks = locks;
        this.clock = clock;
        this.removal = new Removal(store);
    }

    /**
     * Pins a backup, or replaces the reason of its pin.
     *
     * @param name id, file name or path
     * @return the backup
     * @throws Refusal if there is no such backup, or if it is damaged, with the next step
     */
    public StoredBackup pin(String name, String reason, Inventory inventory) throws IOException {
        StoredBackup backup = find(name, inventory);
        Optional<String> damage = store.problem(
                        backup.path(), backup.manifest().file().sizeBytes())
                .map(problem -> "its file " + problem)
                .or(() -> inventory.alteration(backup));
        if (damage.isPresent() && !removal.isUnderWay(backup.path())) {
            throw new Refusal("cannot pin backup " + backup.backupId() + ", because it is damaged: " + damage.get()
                    + "; 'pgsteward backups' lists the others");
        }
        boolean before = store.pins().reason(backup.path()).isPresent();
        store.pins().put(backup.path(), reason, clock.instant().truncatedTo(ChronoUnit.SECONDS));
        if (!isKept(backup)) {
            if (!before) {
                store.pins().remove(backup.path());
            }
            throw gone(backup.backupId());
        }
        return backup;
    }

    /** The result of an unpin: which pins there were. */
    public record Unpinned(
            StoredBackup backup, boolean ofOperator, boolean ofImageChange, Optional<SQLException> unread) {
        public boolean any() {
            return ofOperator || ofImageChange;
        }
    }

    /**
     * Removes all pins of a backup. While PostgreSQL is unavailable, only that of an operator.
     *
     * @throws Refusal if there is no such backup
     */
    public Unpinned unpin(String name, Inventory inventory) throws IOException {
        StoredBackup backup = find(name, inventory);
        boolean ofOperator = store.pins().reason(backup.path()).isPresent();
        store.pins().remove(backup.path());
        try {
            return new Unpinned(
                    backup, ofOperator, rows.unpin(backup.manifest().identity().eventId()), Optional.empty());
        } catch (SQLException unavailable) {
            return new Unpinned(backup, ofOperator, false, Optional.of(unavailable));
        }
    }

    /** Returns whether a pinned backup still exists, after a removal of it that has begun has ended. */
    private boolean isKept(StoredBackup backup) throws IOException {
        long size = backup.manifest().file().sizeBytes();
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (removal.isUnderWay(backup.path())) {
            Optional<RunLock> lock =
                    RunLock.take(locks, backup.manifest().source().service());
            if (lock.isPresent()) {
                // The process that began the removal has ended.
                try {
                    return removal.restoreIfPinned(backup.path(), size);
                } finally {
                    lock.get().close();
                }
            }
            if (System.nanoTime() > end) {
                // A run of the service is under way. The next retention keeps the backup, if its file is whole.
                break;
            }
            LockSupport.parkNanos(LOOK_NANOSECONDS);
        }
        return store.problem(backup.path(), size).isEmpty();
    }

    private StoredBackup find(String name, Inventory inventory) throws IOException {
        List<StoredBackup> found = inventory.allNamed(name);
        if (found.size() == 1) {
            return found.get(0);
        }
        String shown = OneLine.of(name, 120);
        if (found.size() > 1) {
            throw new Refusal(found.size() + " backups are called '" + shown + "': "
                    + OneLine.of(
                            String.join(
                                    ", ", found.stream().map(StoredBackup::path).toList()),
                            400)
                    + "; give the path of one");
        }
        String id = name.substring(name.lastIndexOf('/') + 1).replaceFirst("\\.(dump|sql|tar)\\..*$", "");
        Optional<String> unreadable = inventory.unreadable().entrySet().stream()
                .filter(entry -> !id.isEmpty()
                        && entry.getKey()
                                .substring(entry.getKey().lastIndexOf('/') + 1)
                                .startsWith(id + "."))
                .map(entry -> entry.getKey() + " cannot be read: " + entry.getValue())
                .findFirst();
        if (unreadable.isPresent()) {
            throw new Refusal("backup '" + shown + "' is damaged: " + OneLine.of(unreadable.get(), 400));
        }
        List<String> traces = id.isEmpty() ? List.of() : store.traces(id);
        if (traces.stream().anyMatch(trace -> trace.endsWith(".going"))) {
            throw gone(shown);
        }
        if (!traces.isEmpty()) {
            throw new Refusal("backup '" + shown + "' is incomplete: there is only "
                    + OneLine.of(String.join(", ", traces), 300)
                    + "; it is being made, or its run has ended early; try again when 'pgsteward backups' lists it");
        }
        Optional<String> state = state(id);
        if (state.equals(Optional.of(BackupState.EXPIRED.word()))) {
            throw gone(shown);
        }
        if (state.equals(Optional.of(BackupState.FAILED.word()))) {
            throw new Refusal("the run of backup '" + shown + "' failed and left no file");
        }
        String hint = Suggestions.hint(
                name, inventory.backups().stream().map(StoredBackup::backupId).toList());
        throw new Refusal("there is no backup '" + shown + "' in " + store.root() + "; "
                + (hint.isEmpty() ? "'pgsteward backups' lists all backups" : hint));
    }

    private Optional<String> state(String backupId) {
        try {
            return rows.state(backupId);
        } catch (SQLException unavailable) {
            return Optional.empty();
        }
    }

    private static Refusal gone(String backup) {
        return new Refusal("retention has removed backup '" + backup + "'; 'pgsteward backups' lists the others");
    }
}
