package org.pgsteward.backup.dump;

import java.io.IOException;
import java.sql.SQLException;
import java.util.List;
import org.pgsteward.backup.schedule.BackupTarget;
import org.pgsteward.backup.store.DiskNeedRule;
import org.pgsteward.backup.store.DiskSpace;
import org.pgsteward.backup.store.Store;
import org.pgsteward.backup.verify.Verification;
import org.pgsteward.postgres.Progress;
import org.pgsteward.postgres.Quote;
import org.pgsteward.postgres.Server;

/** Checks that the disk has enough space for a dump. */
final class DumpRoom {
    private static final String WHOLE_SIZE =
            "SELECT pg_catalog.sum(pg_catalog.pg_database_size(oid))::bigint FROM pg_catalog.pg_database";

    private final Server server;
    private final Store store;
    private final Verification verification;
    private final DiskSpace disk;

    DumpRoom(Server server, Store store, Verification verification, DiskSpace disk) {
        this.server = server;
        this.store = store;
        this.verification = verification;
        this.disk = disk;
    }

    /**
     * Checks the free space. If it is too small, waits for the end of a verification under way, which releases its
     * space.
     *
     * @return the size of the database or the cluster in bytes; 0 for globals
     * @throws IOException if the dump may not fit on the disk
     */
    long require(BackupTarget target, Progress progress) throws IOException, SQLException, InterruptedException {
        long size = sourceSize(target);
        progress.grow(size);
        DiskNeedRule.Need need = DiskNeedRule.need(lastSizes(target), size);
        DiskNeedRule.Answer room = DiskNeedRule.judge(need, disk.free().without(verification.promised()));
        if (!room.fits() && verification.promised() > 0) {
            verification.awaitEnd();
            room = DiskNeedRule.judge(need, disk.free());
        }
        if (!room.fits()) {
            throw new IOException(room.reason());
        }
        return size;
    }

    /** Returns the size of the database or the cluster in bytes; 0 for globals. */
    long sourceSize(BackupTarget target) throws SQLException {
        return switch (target.kind()) {
            case DUMP ->
                Long.parseLong(
                        server.ask("SELECT pg_catalog.pg_database_size(" + Quote.literal(target.database()) + ")"));
            case GLOBALS -> 0;
            case BASE -> Long.parseLong(server.ask(WHOLE_SIZE));
        };
    }

    /**
     * Returns the sizes of the stored backups in bytes, newest first. Returns none for an unreadable store, which a
     * later step detects.
     */
    private List<Long> lastSizes(BackupTarget target) {
        try {
            return store.sizes(target.service(), target.kind());
        } catch (IOException e) {
            return List.of();
        }
    }
}
