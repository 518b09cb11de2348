package org.pgsteward.app;

import java.io.IOException;
import java.nio.file.Path;
import org.pgsteward.camel.JournalInsert;
import org.pgsteward.camel.JournalRoutes;
import org.pgsteward.journal.BackupRows;
import org.pgsteward.journal.CopyRows;
import org.pgsteward.journal.CopyStatusRows;
import org.pgsteward.journal.JournalImport;
import org.pgsteward.journal.JournalWriter;
import org.pgsteward.journal.Spool;
import org.pgsteward.journal.Tables;
import org.pgsteward.journal.VerifiedFiles;
import org.pgsteward.postgres.Server;

/** Factory of the journal: its tables, its readers, and the rows that wait on disk. */
final class JournalFactory {
    final Tables tables;
    final BackupRows rows;
    final VerifiedFiles files;
    final CopyRows copies;
    final CopyStatusRows copyStatus;
    final JournalImport all;
    final Spool spool;
    private final Foundation base;

    /** @throws IOException if the folder of waiting rows cannot be created */
    JournalFactory(Foundation base, PostgresFactory postgres) throws IOException {
        this.base = base;
        Server server = postgres.server;
        tables = new Tables(server.managementDatabase());
        rows = new BackupRows(server.managementDatabase());
        files = new VerifiedFiles(server.managementDatabase());
        copies = new CopyRows(server.managementDatabase());
        copyStatus = new CopyStatusRows(server.managementDatabase());
        all = new JournalImport(server.managementDatabase());
        Path waiting = base.state().resolve("spool");
        spool = base.purpose.leavesTraces()
                ? new Spool(waiting, base.json, base.clock)
                : Spool.unopened(waiting, base.json, base.clock);
        base.reporter.keepIn(spool);
    }

    /**
     * Returns the routes that write rows. If a row changes the content of the store, they also update the store's own
     * records.
     */
    JournalRoutes routes(BackupFactory backup) {
        JournalWriter writer = new JournalWriter(spool, tables, new JournalInsert(base.routeClient));
        return new JournalRoutes(writer, backup.sets, backup.card);
    }
}
