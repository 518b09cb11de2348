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
 * Puts the house in order before anything is written: makes or migrates the tables, and clears up after runs that died
 * with their process. A run whose lock can be had is dead; one whose lock is held belongs to somebody at work.
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
     * Does it once; from then on it costs nothing.
     *
     * @throws SQLException when PostgreSQL does not answer; it is done at the next call
     */
    @Override
    public synchronized void order() throws SQLException {
        // Also later: a server may be replaced by an empty one, in which nobody has died yet.
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
     * A store that was there and is not any more is a volume that was not mounted. Making its folder anew would put the
     * backups on the wrong disk, and nobody would look where the good ones are.
     *
     * @throws IOException when it is so, with what to do
     * @throws SQLException when PostgreSQL does not answer
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
