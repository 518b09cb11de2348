package org.pgsteward.backup.dump;

import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import org.pgsteward.postgres.ClientProgram;
import org.pgsteward.postgres.Progress;

/**
 * The locks for which {@code pg_dump} waits before it writes. It has a time limit for locks of tables. It has none for
 * locks of views, materialized views and sequences, which it also reads.
 */
final class DumpLocks {
    private static final long LOOK_MILLISECONDS = 10;

    /** The number of checks of the program's output for each query. */
    private static final int LOOKS_BETWEEN = 25;

    private DumpLocks() {}

    /**
     * Waits until {@code pg_dump} has locked all tables, since it writes only then. There is a deadlock if another
     * session requests an exclusive lock before that. The session waits for the snapshot's lock, and {@code pg_dump}
     * waits behind the session. Only the end of the snapshot resolves it.
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
     * Waits until {@code pg_dump} writes; another thread may read its output meanwhile. Cancels the backup if
     * {@code pg_dump} waits too long for locks.
     *
     * @param patience the limit for all locks together
     * @throws IOException if the backup was cancelled
     */
    static void await(ClientProgram program, Snapshot snapshot, Duration patience)
            throws IOException, SQLException, InterruptedException {
        long waited = 0;
        long before = Progress.current().state().bytes();
        while (!program.hasBegunOrEnded() && Progress.current().state().bytes() == before) {
            waited += snapshot.dumpWait() == Snapshot.DumpWait.NONE ? 0 : LOOKS_BETWEEN * LOOK_MILLISECONDS;
            if (waited > patience.toMillis()) {
                String why = "pg_dump waited too long for a lock: " + snapshot.whoLocks();
                Progress.current().cancel(why);
                throw new IOException(why);
            }
            Thread.sleep(LOOKS_BETWEEN * LOOK_MILLISECONDS);
        }
    }
}
