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
 * Start-up recovery before the first write: creates or migrates the tables, and cleans up after runs that died with
 * their process. A run with a free lock is dead. A held lock belongs to a living process.
 */
public final class Housekeeping implements Readiness {
    private static final Logger LOG = LoggerFactory.getLogger(Housekeeping.class);

    private final Tables tables;
    private final Store store;
    private final Path locks;
    private final SetKeeper sets;
    private final RestoreLeftovers restores;
    private boolean inOrder;

    public Housekeeping(Tables tables, Store store, Path locks, SetKeeper sets, RestoreLeftovers restores) {
        this.restores = restores;
        this.sets = sets;
        this.tables = tables;
        this.store = store;
        this.locks = locks;
    }

    /**
     * Runs the recovery once. Later calls only prepare the tables.
     *
     * @throws SQLException if PostgreSQL is unavailable; the next call runs the recovery
     */
    @Override
    public synchronized void order() throws SQLException {
        // At each call: an operator may replace the server by an empty one while the daemon runs.
        tables.prepare();
        if (inOrder) {
            return;
        }
        try {
            for (String service : tables.runs().running()) {
                Optional<RunLock> lock = RunLock.take(locks, service);
                if (lock.isPresent()) {
                    try {
                        tables.runs().closeRuns(service, DeadRuns.DIED);
                        LOG.warn("{}: a backup's process ended before it was done", service);
                    } finally {
                        lock.get().close();
                    }
                }
            }
            for (String folder : store.discardUnfinished(locks)) {
                LOG.warn("{}: removed an unfinished file from the store", folder);
            }
        } catch (IOException e) {
            LOG.error("what is left of dead runs cannot be cleared up: {}", e.getMessage());
        }
        restores.clear();
        sets.tidy();
        inOrder = true;
    }

    /**
     * Requires that the store exists if the journal has backups. A missing store then means a volume that is not
     * mounted. A new folder in its place would put backups on the wrong disk, and hide the loss of the good ones.
     *
     * @throws IOException if the store is missing; the message includes the next step
     * @throws SQLException if PostgreSQL is unavailable
     */
    void requireStore() throws IOException, SQLException {
        if (!Files.isDirectory(store.root())
                && tables.history().all().stream()
                        .anyMatch(history -> history.lastSuccess().isPresent())) {
            throw new IOException(
                    "the store " + store.root() + " is not there, and the journal has backups in one: is its"
                            + " volume mounted? If it is to be a new one, make the folder");
        }
    }
}
