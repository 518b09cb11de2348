package org.pgsteward.postgres.guard;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Set;

/**
 * Has the kernel spare the guard's session when the server's container has no memory left. It keeps many locks, so it is
 * larger than most others, and would be the first to be killed.
 */
final class Spared {
    private static final String SCORE = "/proc/self/oom_score_adj";

    /** Empty where the system has no such file. */
    private static final String READ =
            "SELECT COALESCE(pg_catalog.pg_read_file('" + SCORE + "', 0, 10, true)::pg_catalog.int4, 0)";

    /** A process may take back what it, or the one that started it, has added. */
    private static final String WRITE = "COPY (SELECT 0) TO '" + SCORE + "'";

    /** Another system has it otherwise, or does not let PostgreSQL at it. */
    private static final Set<String> NOT_HERE = Set.of("42501", "58P01", "58030", "22P02", "XX000");

    private Spared() {}

    /** Does nothing where the server's sessions are not more likely to be killed than its first process. */
    static void session(Connection session) throws SQLException {
        Ask.glance(session, NOT_HERE, () -> {
            if (Integer.parseInt(Ask.text(session, READ)) > 0) {
                Ask.run(session, WRITE);
            }
            return true;
        });
    }
}
