package org.pgsteward.backup;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Optional;
import org.pgsteward.backup.restore.RestoreLeftovers;
import org.pgsteward.backup.store.SetKeeper;
import org.pgsteward.backup.store.Store;
import org.pgsteward.backup.underway.RunLock;
import org.pgsteward.journal.Readiness;
import org.pgsteward.journal.Tables;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The start-up recovery, before pgsteward writes anything: it creates or migrates the tables, and removes the leftovers
 * of killed processes.
 *
 * <ul>
 *   <li>Rows and unfinished files of backup runs. A run whose lock is free is dead; a held lock belongs to a living run.
 *   <li>Databases, roles and folders of restores, by {@link RestoreLeftovers}.
 *   <li>Backup sets without an end.
 * </ul>
 *
 * <p>Other leftovers have their own cleaners: {@code StateLeftovers} removes part files in the state folder, the spool its
 * own files, {@code AbandonedClusters} scratch clusters at the next verification, and {@code Removal} completes a
 * removal at the next retention. {@link DeadRuns} closes the rows of runs that die later.
 */
public final class StartupRecovery implements Readiness {
    private static final Logger LOG = LoggerFactory.getLogger(StartupRecovery.class);

    private final Tables tables;
    private final Store store;
    private final Path locks;
    private final SetKeeper sets;
    private final RestoreLeftovers restores;
    private boolean inOrder;

    public StartupRecovery(Tables tables, Store store, Path locks, SetKeeper sets, RestoreLeftovers restores) {
        this.restores = restores;
        this.sets = sets;
        this.tables = tables;
        this.store = store;
        this.locks = locks;
    }

    /**
     * Creates missing tables of the journal. The first successful call also removes the leftovers of killed processes.
     *
     * @throws SQLException if PostgreSQL does not answer; the next call then repeats everything
     */
    @Override
    public synchronized void order() throws SQLException {
        // Each time, since an empty server may replace the one of before.
        tables.prepare();
        if (inOrder) {
            return;
        }
        for (String service : tables.runs().running()) {
            closeDeadRun(service);
        }
        removeUnfinishedFiles();
        restores.clear();
        sets.tidy();
        inOrder = true;
    }

    /** Closes the rows of a service's run, unless its process still holds the lock. */
    private void closeDeadRun(String service) throws SQLException {
        try {
            Optional<RunLock> lock = RunLock.take(locks, service);
            if (lock.isPresent()) {
                try {
                    tables.runs().closeRuns(service, DeadRuns.DIED);
                    LOG.warn("{}: the process of a backup ended before the backup was finished", service);
                } finally {
                    lock.get().close();
                }
            }
        } catch (IOException e) {
            LOG.error("{}: cannot determine whether the last backup still runs: {}", service, e.getMessage());
        }
    }

    private void removeUnfinishedFiles() {
        try {
            for (String folder : store.discardUnfinished(locks)) {
                LOG.warn("{}: removed an unfinished file from the store", folder);
            }
        } catch (IOException e) {
            LOG.error("cannot remove unfinished files from the store: {}", e.getMessage());
        }
    }

    /**
     * Requires the folder of the store, unless there was never a backup. A missing folder is a volume that is not
     * mounted: pgsteward would create the folder on the wrong disk, and write its backups there.
     *
     * @throws IOException if the folder is missing, with the next step
     * @throws SQLException if PostgreSQL does not answer
     */
    void requireStore() throws IOException, SQLException {
        if (!Files.isDirectory(store.root())
                && tables.history().all().stream()
                        .anyMatch(history -> history.lastSuccess().isPresent())) {
            throw new IOException(
                    "the store " + store.root() + " is missing, but the journal lists backups in it; mount its"
                            + " volume, or make the folder for a new store");
        }
    }
}
