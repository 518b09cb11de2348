package org.pgsteward.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.pgsteward.alert.OneLine;
import org.pgsteward.app.Wiring;
import org.pgsteward.backup.copy.CopyFetch;
import org.pgsteward.backup.store.AgeKeys;
import org.pgsteward.backup.store.Inventory;
import org.pgsteward.backup.store.StoredBackup;
import org.pgsteward.backup.underway.RunLock;
import org.pgsteward.model.BackupKind;
import org.pgsteward.model.Refusal;
import org.pgsteward.model.Size;

/** The backups at a target, which a restore fetches. It shows its progress on a terminal. */
final class TargetBackups {
    /** A target that failed this often in a row does not answer. */
    private static final int MOST_FAILURES = 5;

    private final TargetAccess target;
    private final CopyFetch fetch;
    private final Wiring wiring;
    private final PrintWriter err;
    private int failures;

    TargetBackups(TargetAccess target, Wiring wiring, PrintWriter err) {
        this.target = target;
        this.fetch = target.fetch();
        this.wiring = wiring;
        this.err = err;
    }

    /** Fetches the manifests, and returns the backups. Lines about manifests that are left out go to standard error. */
    Inventory list() throws Exception {
        Waiting.during(err, () -> "reading the backups at " + target.target(), fetch::manifests)
                .forEach(note -> err.println("pgsteward: " + OneLine.of(note, 500)));
        err.flush();
        return Inventory.of(target.catalogue());
    }

    /** Fetches the file of a backup into the folder of the manifests. Its content there needs no encryption. */
    StoredBackup fetch(StoredBackup backup) throws Exception {
        return Waiting.during(err, () -> progress(backup), () -> fetch.file(backup, target.catalogue(), AgeKeys.NONE));
    }

    private String progress(StoredBackup backup) {
        return "fetching " + Size.words(backup.manifest().file().sizeBytes()) + " of " + backup.backupId() + " from "
                + target.target();
    }

    /**
     * Fetches the newest backup of each database and of the globals into the configured store. Those that it has already
     * are not fetched again, so a killed run continues.
     *
     * @return a line for each backup in whose place an older one was fetched, or none
     */
    List<String> fetchNewest() throws Exception {
        Inventory inventory = list();
        List<StoredBackup> newest = inventory
                .newestOfEach(one -> inventory.alteration(one).isEmpty())
                .stream()
                .filter(one -> one.kind() != BackupKind.BASE)
                .toList();
        if (newest.isEmpty()) {
            throw new Refusal("there is no backup at " + target.target() + "; 'pgsteward check --copies' tries it");
        }
        List<StoredBackup> lacking =
                newest.stream().filter(one -> !fetch.isThere(one, wiring.store)).toList();
        CopyFetch.requireSpace(
                lacking.stream()
                        .mapToLong(one -> one.manifest().file().sizeBytes())
                        .sum(),
                wiring.store.root());
        List<String> missing = new ArrayList<>();
        inventory.unreadable().forEach((path, reason) -> missing.add(path + " at " + target.target() + ": " + reason));
        AtomicReference<StoredBackup> now = new AtomicReference<>(newest.get(0));
        Waiting.during(err, () -> progress(Objects.requireNonNull(now.get())), () -> {
            for (StoredBackup one : lacking) {
                fetchOrOlder(inventory, one, now, missing);
            }
            fetch.sets(wiring.store);
            return missing;
        });
        return missing;
    }

    /** Fetches a backup; if the target does not have it whole, the newest older one. */
    private void fetchOrOlder(
            Inventory all, StoredBackup wanted, AtomicReference<StoredBackup> now, List<String> missing)
            throws IOException, InterruptedException {
        Inventory inventory = all;
        Optional<StoredBackup> next = Optional.of(wanted);
        while (next.isPresent()) {
            StoredBackup backup = next.get();
            now.set(backup);
            try {
                toStore(backup);
                failures = 0;
                return;
            } catch (IOException e) {
                failures++;
                if (failures >= MOST_FAILURES) {
                    throw e;
                }
                missing.add(String.valueOf(e.getMessage()));
            }
            inventory = inventory.without(backup);
            Inventory rest = inventory;
            next = Optional.of(rest.newestLike(backup))
                    .filter(older ->
                            !older.equals(backup) && rest.alteration(older).isEmpty());
        }
    }

    @SuppressWarnings("try") // the lock is held, not used
    private void toStore(StoredBackup backup) throws IOException, InterruptedException {
        String service = backup.manifest().source().service();
        Optional<RunLock> lock = wiring.copies.lock(service);
        if (lock.isEmpty()) {
            throw new IOException("cannot fetch " + backup.path() + ": a backup of " + service + " is under way");
        }
        try (RunLock held = lock.get()) {
            fetch.file(backup, wiring.store, wiring.copies.keys());
        }
    }
}
