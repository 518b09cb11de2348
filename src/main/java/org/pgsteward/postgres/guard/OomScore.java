package org.pgsteward.postgres.guard;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Set;
import org.pgsteward.postgres.Query;

/**
 * The {@code oom_score_adj} of the guard's server processes. When the memory of the server's container is exhausted,
 * the kernel first kills the process with the highest score. The guard's processes hold many locks, so they are larger
 * than most others.
 */
final class OomScore {
    private static final String FILE = "/proc/self/oom_score_adj";

    /** The score; 0 if the file does not exist. */
    private static final String READ =
            "SELECT COALESCE(pg_catalog.pg_read_file('" + FILE + "', 0, 10, true)::pg_catalog.int4, 0)";

    /** The kernel lets a process take back an increase without privileges, but not go below its first value. */
    private static final String RESET = "COPY (SELECT 0) TO '" + FILE + "'";

    /** The system has no such file, or denies PostgreSQL access to it. */
    private static final Set<String> UNSUPPORTED = Set.of("42501", "58P01", "58030", "22P02", "XX000");

    private OomScore() {}

    /** Resets the score of the session's process to 0 if the server raises the scores of its sessions. */
    static void reset(Connection session) throws SQLException {
        Sql.query(session, UNSUPPORTED, () -> {
            if (Integer.parseInt(Sql.value(session, READ)) > 0) {
                Query.run(session, RESET);
            }
            return true;
        });
    }
}
