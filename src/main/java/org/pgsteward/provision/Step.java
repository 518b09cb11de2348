package org.pgsteward.provision;

/**
 * One piece of SQL that is carried out as a whole or not at all, and why it is needed.
 *
 * @param database in which it runs
 * @param sql one statement or several; never holds a clear password
 * @param reason for a person; never holds SQL or a verifier
 */
record Step(Kind kind, String database, String sql, String reason) {
    enum Kind {
        /** What a service gets when it is enrolled. */
        ENROL,
        /** Its container says something else than before. */
        CHANGE,
        /** Somebody changed what should have stayed. */
        REPAIR,
        /** The row in {@code service_configs}; no news to anybody. */
        RECORD
    }
}
