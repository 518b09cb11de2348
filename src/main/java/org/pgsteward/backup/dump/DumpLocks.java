package org.pgsteward.backup.dump;

import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import org.pgsteward.postgres.ClientProgram;
import org.pgsteward.postgres.Progress;

/**
 * The locks for which {@code pg_dump} waits before it writes. It has a time limit for those of tables, and none for those of
 * views, materialized views and sequences, which it reads, too.
 */
final class DumpLocks {
    private static final long LOOK_MILLISECONDS = 10;

    /** Checks of the program's output for each query. */
    private static final int LOOKS_BETWEEN = 25;

    private DumpLocks() {}

    /**
     * Waits until {@code pg_dump} has locked all tables; only then it writes. A session that requests an exclusive lock before
     * that waits for the snapshot's lock, and {@code pg_dump} waits behind that session. Only the end of the snapshot ends this.
     *
     * @return false if the snapshot must end; true also if {@code pg_dump} waits for another session's lock
     */
    static boolean areTaken(ClientProgram program, Snapshot snapshot)
            throws IOException, SQLException, InterruptedException {
        Snapshot.DumpWait before = Snapshot.DumpWait.NONE;
        for (int look = 1; !program.hasBegunOrEnded(); look++) {
            if (look % LOOKS_BETWEEN == 0) {
                Snapshot.DumpWait now = snapshot.dumpWait();
                if (now == before && now != Snapshot.DumpWait.NONE) {
                    return now == Snapshot.DumpWait.FOR_OTHERS;
                }
                before = now;
            }
            Thread.sleep(LOOK_MILLISECONDS);
        }
        return true;
    }

    /**
     * Waits until it writes; another thread may read that meanwhile. If it waits too long for locks, the backup is cancelled.
     *
     * @param patience for all locks together
     * @throws IOException if the backup was cancelled
     */
    static void await(ClientProgram program, Snapshot snapshot, Duration patience)
            throws IOException, SQLException, InterruptedException {
        long waited = 0;
        long before = Progress.current().state().bytes();
        while (!program.hasBegunOrEnded() && Progress.current().state().bytes() == before) {
            waited += snapshot.dumpWait() == Snapshot.DumpWait.NONE ? 0 : LOOKS_BETWEEN * LOOK_MILLISECONDS;
            if (waited > patience.toMillis()) {
                String why = "pg_dump waits for a lock for longer than pgsteward waits: " + snapshot.whoLocks();
                Progress.current().cancel(why);
                throw new IOException(why);
            }
            Thread.sleep(LOOKS_BETWEEN * LOOK_MILLISECONDS);
        }
    }
}
