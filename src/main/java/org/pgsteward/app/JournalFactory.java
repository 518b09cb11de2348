package org.pgsteward.app;

import java.io.IOException;
import java.nio.file.Path;
import org.pgsteward.camel.JournalInsert;
import org.pgsteward.camel.JournalRoutes;
import org.pgsteward.journal.BackupRows;
import org.pgsteward.journal.JournalImport;
import org.pgsteward.journal.JournalWriter;
import org.pgsteward.journal.Spool;
import org.pgsteward.journal.Tables;
import org.pgsteward.postgres.Server;

/** Builds the journal: its tables, its readers, and the rows that wait on disk. */
final class JournalFactory {
    final Tables tables;
    final BackupRows rows;
    final JournalImport all;
    final Spool spool;
    private final Foundation base;

    /** @throws IOException when the folder of waiting rows cannot be made */
    JournalFactory(Foundation base, PostgresFactory postgres) throws IOException {
        this.base = base;
        Server server = postgres.server;
        tables = new Tables(server.managementDatabase());
        rows = new BackupRows(server.managementDatabase());
        all = new JournalImport(server.managementDatabase());
        Path waiting = base.state().resolve("spool");
        spool = base.purpose.leavesTraces()
                ? new Spool(waiting, base.json, base.clock)
                : Spool.unopened(waiting, base.json, base.clock);
        base.reporter.keepIn(spool);
    }

    /** The routes that write rows; where a row changes what is in the store, they keep the store's own notes. */
    JournalRoutes routes(BackupFactory backup) {
        JournalWriter writer = new JournalWriter(spool, tables, new JournalInsert(base.routeClient));
        return new JournalRoutes(writer, backup.sets, backup.card);
    }
}
