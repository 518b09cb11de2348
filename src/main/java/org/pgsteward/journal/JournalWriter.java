package org.pgsteward.journal;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.pgsteward.model.JournalEntry;
import org.pgsteward.postgres.NoConnection;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes rows from the spool to their tables, oldest first. It stops at the first row while PostgreSQL is unavailable,
 * and sets aside a row that its table refuses. So neither an outage nor a bad row loses or delays the other rows.
 */
public final class JournalWriter {
    private static final Logger LOG = LoggerFactory.getLogger(JournalWriter.class);

    /**
     * The longest wait for another drain, enough for one that succeeds. A drain that waits for PostgreSQL takes longer,
     * and the wait gives up.
     */
    private static final long TURN_MILLISECONDS = 1000;

    private static final long LOOK_NANOSECONDS = TimeUnit.MILLISECONDS.toNanos(10);

    private final Spool spool;
    private final Tables tables;
    private final RowStatement statement;
    private final ReentrantLock draining = new ReentrantLock();
    private boolean unavailabilityLogged;

    /** @param statement writes one row to its table */
    public JournalWriter(Spool spool, Tables tables, RowStatement statement) {
        this.spool = spool;
        this.tables = tables;
        this.statement = statement;
    }

    /** The statement that writes one row to its table. */
    @FunctionalInterface
    public interface RowStatement {
        /** @throws SQLException if PostgreSQL refuses the row or is unavailable */
        void write(JournalRow row) throws SQLException;
    }

    /**
     * Puts a row into the spool and drains the spool. If the disk does not take the row, it is written to its table at
     * once, after the waiting rows. If PostgreSQL does not take it either, it is logged: a failure to record must not
     * stop the work.
     */
    public void keep(JournalEntry entry) {
        try {
            spool.put(entry);
        } catch (IOException e) {
            drain(TURN_MILLISECONDS);
            writeUnkept(entry, e);
            return;
        }
        drain(TURN_MILLISECONDS);
    }

    private void writeUnkept(JournalEntry entry, IOException refused) {
        try {
            tables.prepare();
            statement.write(spool.row(entry));
            LOG.warn("cannot write a journal row to the spool, so it was written to its table: {}", refused.toString());
        } catch (SQLException e) {
            tables.doubt(e);
            LOG.error(
                    "cannot write a journal row to the spool ({}) or to its table ({}): {}",
                    refused.toString(),
                    e.getMessage(),
                    entry);
        }
    }

    /** Writes the waiting rows, unless another thread or process is writing them. */
    public void drain() {
        drain(0);
    }

    /**
     * Waits for its turn, since another thread may have read the spool for the last time before this thread's row was
     * in it.
     */
    private void drain(long milliseconds) {
        try {
            if (!draining.tryLock(milliseconds, TimeUnit.MILLISECONDS)) {
                return;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return;
        }
        try {
            if (spool.waiting().isEmpty()) {
                return;
            }
            Optional<Spool.Claim> claim = claim(milliseconds);
            if (claim.isPresent()) {
                try (Spool.Claim held = claim.get()) {
                    carry(held);
                }
            }
        } catch (SQLException e) {
            tables.doubt(e);
            if (!unavailabilityLogged) {
                LOG.warn("journal rows wait in the spool: {}", e.getMessage());
                unavailabilityLogged = true;
            }
        } catch (IOException e) {
            LOG.error("cannot read the spool of the journal: {}", e.getMessage());
        } finally {
            draining.unlock();
        }
    }

    /**
     * Waits for the claim, since another process may have read the spool for the last time before this row was in it.
     */
    private Optional<Spool.Claim> claim(long milliseconds) throws IOException {
        long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(milliseconds);
        Optional<Spool.Claim> claim = spool.claim();
        while (claim.isEmpty() && System.nanoTime() < until && !spool.waiting().isEmpty()) {
            LockSupport.parkNanos(LOOK_NANOSECONDS);
            claim = spool.claim();
        }
        return claim;
    }

    private void carry(Spool.Claim held) throws IOException, SQLException {
        Objects.requireNonNull(held);
        for (var waiting = spool.waiting(); !waiting.isEmpty(); waiting = spool.waiting()) {
            tables.prepare();
            for (Path file : waiting) {
                write(file);
            }
        }
        unavailabilityLogged = false;
    }

    private void write(Path file) throws IOException, SQLException {
        JournalRow row;
        try {
            row = spool.read(file);
        } catch (IOException e) {
            LOG.error("cannot read journal row {}, which was set aside: {}", spool.setAside(file), e.getMessage());
            return;
        }
        if (row.isObsolete()) {
            spool.done(file);
            return;
        }
        try {
            statement.write(row);
        } catch (SQLException e) {
            if (e instanceof NoConnection || isAbsence(e.getSQLState())) {
                throw e;
            }
            LOG.error(
                    "PostgreSQL refused journal row {}, which was set aside: {}", spool.setAside(file), e.getMessage());
            return;
        }
        spool.done(file);
    }

    /**
     * Returns whether the connected server was unavailable, rather than refusing the row. The classes of PostgreSQL's
     * appendix A are 08 connection, 53 resources, 57 intervention, 58 system error and 40 rollback. 25006 is a server
     * in recovery. 28 and 3D occur while an init script is still running. An error without a SQLSTATE counts, and so do
     * missing tables, which the next drain makes.
     */
    private static boolean isAbsence(@org.jspecify.annotations.Nullable String state) {
        return state == null
                || state.matches("(08|53|57|58|40|28|3D).*")
                || state.equals("25006")
                || Tables.areMissing(state);
    }
}
