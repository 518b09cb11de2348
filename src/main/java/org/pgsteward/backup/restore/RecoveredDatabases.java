package org.pgsteward.backup.restore;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.pgsteward.backup.store.Manifest;
import org.pgsteward.backup.store.Store;
import org.pgsteward.backup.store.StoredBackup;
import org.pgsteward.backup.underway.StuckRule;
import org.pgsteward.io.Timeout;
import org.pgsteward.model.Count;
import org.pgsteward.model.Elapsed;
import org.pgsteward.model.Refusal;
import org.pgsteward.postgres.Progress;
import org.pgsteward.postgres.Quote;
import org.pgsteward.postgres.Server;

/** Restores the databases of a {@link Recovery}, and the rows of the journal. */
final class RecoveredDatabases {
    private static final RecoveryNotes NOTES = new RecoveryNotes(RecoverySite.MARK);

    private final Server server;
    private final Store store;
    private final RecoverySite site;
    private final Restore restore;
    private final Recovery.OldJournal journal;
    private final StuckRule stuck;

    RecoveredDatabases(
            Server server,
            Store store,
            RecoverySite site,
            Restore restore,
            Recovery.OldJournal journal,
            StuckRule stuck) {
        this.server = server;
        this.store = store;
        this.site = site;
        this.restore = restore;
        this.journal = journal;
        this.stuck = stuck;
    }

    /** Restores a dump. A failure is recorded and does not stop the other databases. */
    void restore(StoredBackup backup, RestoreProgress progress, RecoveryTally tally) throws InterruptedException {
        String name = backup.manifest().source().database();
        try {
            StoredBackup whole = store.whole(backup);
            Manifest manifest = whole.manifest();
            if (name.equals(server.address().database())) {
                journal(backup, progress, tally);
                return;
            }
            boolean waiting = name.equals("postgres")
                    && restore.exists(name)
                    && site.relations(name).isEmpty();
            if (waiting && manifest.contents().rows().isEmpty()) {
                // Both the dump and the database are without tables, so it is enough to check the file.
                restore.checkFile(restore.file(backup));
                tally.verified(whole, Duration.ZERO);
                return;
            }
            if (restore.exists(name) && !waiting) {
                if (site.relations(name).isEmpty()
                        && !manifest.contents().rows().isEmpty()) {
                    // A restored database is complete before it gets its name. So a running daemon created this one for
                    // an application that was started meanwhile.
                    tally.missing(
                            name + ": another process created an empty database of this name; stop 'pgsteward run' and"
                                    + " the applications, DROP DATABASE " + Quote.identifier(name)
                                    + ", then run this command again");
                } else {
                    tally.done(name + ": exists already");
                    NOTES.of(server, name).forEach(note -> tally.missing(name + ": " + note));
                }
                return;
            }
            Restore.Order order = new Restore.Order(backup, manifest.source().owner(), name);
            Restore.Done restored = inTime(order, progress);
            tally.verified(restored.order().backup(), restored.took());
            tally.done(name + ": " + Count.words(restored.rows(), "row") + " in "
                    + Count.words(restored.tables(), "table") + ", from the backup of "
                    + manifest.run().startedAt().truncatedTo(ChronoUnit.SECONDS));
            restored.notes().forEach(note -> tally.missing(name + ": " + note));
        } catch (Refusal | IOException | SQLException e) {
            tally.missing(name + ": " + e.getMessage());
        }
    }

    /**
     * Restores a dump within a time limit: code of the owner may sleep in a restore, and all other databases wait for
     * it.
     */
    private Restore.Done inTime(Restore.Order order, RestoreProgress progress)
            throws Refusal, IOException, SQLException, InterruptedException {
        Duration longest = stuck.ofARestore(order.backup().manifest().restoredBytes());
        Progress work = new Progress("restore of " + order.database(), true);
        String tooLong = "its restore took longer than " + Elapsed.words(longest)
                + " and was cancelled; restore it alone with: pgsteward restore "
                + order.backup().manifest().source().service() + " --into " + order.database();
        try (Timeout timeout = Timeout.after(longest, () -> work.cancel(tooLong));
                Progress.Binding bound = work.bind()) {
            Objects.requireNonNull(timeout);
            Objects.requireNonNull(bound);
            return restore.beside(order, Optional.empty(), progress, beside -> place(beside, order));
        } catch (IOException | SQLException | InterruptedException e) {
            if (work.cancelled().isPresent()) {
                throw new IOException(tooLong, e);
            }
            throw e;
        }
    }

    private Swap.Swapped place(RestoreSession beside, Restore.Order order)
            throws Refusal, IOException, SQLException, InterruptedException {
        beside.inherit();
        beside.give();
        if (order.database().equals("postgres")) {
            RestoreRole.run(server, "DROP DATABASE postgres");
        }
        beside.database()
                .rename(order.database(), connection -> NOTES.add(connection, order.database(), beside.notes()));
        beside.role().close();
        return Swap.Swapped.NONE;
    }

    /**
     * Restores the rows of the journal. Its tables are pgsteward's own, so only the rows of the dump are taken, and the
     * restore role reads them.
     */
    private void journal(StoredBackup backup, RestoreProgress progress, RecoveryTally tally)
            throws Refusal, IOException, SQLException, InterruptedException {
        long[] taken = new long[1];
        Restore.Order order = new Restore.Order(
                backup, server.address().user(), backup.manifest().source().database(), true);
        Restore.Done restored = restore.beside(order, Optional.empty(), progress, beside -> {
            try (Connection old = beside.role().enter(beside.database().name())) {
                taken[0] = journal.take(old);
            }
            beside.database().drop();
            beside.role().close();
            return Swap.Swapped.NONE;
        });
        tally.verified(restored.order().backup(), restored.took());
        tally.done(backup.manifest().source().database() + ": " + Count.words(taken[0], "row")
                + " of the journal, from the backup of "
                + backup.manifest().run().startedAt().truncatedTo(ChronoUnit.SECONDS));
        Set<String> others =
                new TreeSet<>(store.whole(backup).manifest().contents().rows().keySet());
        RecoverySite.JOURNAL.forEach(table -> others.remove("public." + table));
        if (!others.isEmpty()) {
            tally.missing(backup.manifest().source().database() + ": it contained tables outside the journal ("
                    + String.join(", ", others) + "); restore them with the commands in RECOVERY.md");
        }
    }
}
