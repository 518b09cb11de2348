package org.pgsteward.provision;

import java.sql.SQLException;

/** Brings the journal into order before anything is written to it. */
@FunctionalInterface
public interface Preparation {
    /** @throws SQLException when PostgreSQL does not answer; the next call tries again */
    void order() throws SQLException;
}
