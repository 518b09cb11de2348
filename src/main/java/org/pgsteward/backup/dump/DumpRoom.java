package org.pgsteward.backup.dump;

import java.io.IOException;
import java.sql.SQLException;
import java.util.List;
import org.pgsteward.backup.schedule.BackupTarget;
import org.pgsteward.backup.store.DiskNeedRule;
import org.pgsteward.backup.store.DiskSpace;
import org.pgsteward.backup.store.Store;
import org.pgsteward.backup.verify.Proof;
import org.pgsteward.postgres.Progress;
import org.pgsteward.postgres.Quote;
import org.pgsteward.postgres.Server;

/** Checks that there is room on the disk for a dump. */
final class DumpRoom {
    private static final String WHOLE_SIZE =
            "SELECT pg_catalog.sum(pg_catalog.pg_database_size(oid))::bigint FROM pg_catalog.pg_database";

    private final Server server;
    private final Store store;
    private final Proof proof;
    private final DiskSpace disk;

    DumpRoom(Server server, Store store, Proof proof, DiskSpace disk) {
        this.server = server;
        this.store = store;
        this.proof = proof;
        this.disk = disk;
    }

    /**
     * Waits for the space that a verification under way gives back, where that is needed.
     *
     * @return the bytes of the database, or of the cluster
     * @throws IOException when the dump may not fit on the disk
     */
    long require(BackupTarget target, Progress progress) throws IOException, SQLException, InterruptedException {
        long size = sourceSize(target);
        progress.grow(size);
        DiskNeedRule.Need need = DiskNeedRule.need(lastSizes(target), size);
        DiskNeedRule.Answer room = DiskNeedRule.judge(need, disk.free().without(proof.promised()));
        if (!room.fits() && proof.promised() > 0) {
            // What is being proved gives back what it has taken.
            proof.awaitEnd();
            room = DiskNeedRule.judge(need, disk.free());
        }
        if (!room.fits()) {
            throw new IOException(room.reason());
        }
        return size;
    }

    /** Returns the bytes of the database, or of the cluster; 0 for globals. */
    long sourceSize(BackupTarget target) throws SQLException {
        return switch (target.kind()) {
            case DUMP ->
                Long.parseLong(
                        server.ask("SELECT pg_catalog.pg_database_size(" + Quote.literal(target.database()) + ")"));
            case GLOBALS -> 0;
            case BASE -> Long.parseLong(server.ask(WHOLE_SIZE));
        };
    }

    /** Of what is in the store, newest first; a store that cannot be read has no history, and is found out later. */
    private List<Long> lastSizes(BackupTarget target) {
        try {
            return store.sizes(target.service(), target.kind());
        } catch (IOException e) {
            return List.of();
        }
    }
}
