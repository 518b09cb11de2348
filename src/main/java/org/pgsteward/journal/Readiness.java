package org.pgsteward.journal;

import java.sql.SQLException;

/**
 * The preparation before backups and services are recorded: the tables exist, and the remains of ended processes are
 * cleaned up.
 */
@FunctionalInterface
public interface Readiness {
    /**
     * Prepares once; later calls are free.
     *
     * @throws SQLException if PostgreSQL does not answer; the next call tries again
     */
    void order() throws SQLException;
}
