package org.pgsteward.journal;

import java.sql.SQLException;

/** What has to be in order before backups and services are written down: the tables, and what ended processes left. */
@FunctionalInterface
public interface Readiness {
    /**
     * Brings it in order once; from then on a call costs nothing.
     *
     * @throws SQLException when PostgreSQL does not answer; the next call tries it again
     */
    void order() throws SQLException;
}
