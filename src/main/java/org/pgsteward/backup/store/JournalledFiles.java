package org.pgsteward.backup.store;

import java.sql.SQLException;

/** The files that the journal in PostgreSQL knows. A program that can write into the store cannot write there. */
@FunctionalInterface
public interface JournalledFiles {
    /**
     * Whether pgsteward has verified this very file before: event, path, kind and SHA-256 are the same.
     *
     * @throws SQLException when PostgreSQL does not answer
     */
    boolean verified(String eventId, String path, String kind, String sha256) throws SQLException;
}
