package org.pgsteward.provision;

/**
 * One statement and why it is needed.
 *
 * @param in where it runs
 * @param sql never holds a clear password
 * @param reason for a person; never holds SQL or a verifier
 */
record Step(Where in, String sql, String reason) {
    enum Where {
        MANAGEMENT_DATABASE,
        SERVICE_DATABASE
    }
}
