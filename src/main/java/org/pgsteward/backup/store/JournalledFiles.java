package org.pgsteward.backup.store;

import java.sql.SQLException;

/** The files in the journal in PostgreSQL. A program that can write into the store cannot write there. */
@FunctionalInterface
public interface JournalledFiles {
    /**
     * Returns whether pgsteward has verified this very file before: event, path, kind and SHA-256 are the same.
     *
     * @throws SQLException if PostgreSQL does not answer
     */
    boolean verified(String eventId, String path, String kind, String sha256) throws SQLException;
}
