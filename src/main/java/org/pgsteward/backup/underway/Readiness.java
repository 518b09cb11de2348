package org.pgsteward.backup.underway;

import java.sql.SQLException;

/** What has to be in order before backups are listed, made or removed: the tables, and what ended processes left. */
@FunctionalInterface
public interface Readiness {
    /**
     * Brings it in order once; from then on a call costs nothing.
     *
     * @throws SQLException when PostgreSQL does not answer; the next call tries it again
     */
    void order() throws SQLException;
}
