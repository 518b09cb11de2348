package org.pgsteward.doctor;

/**
 * PostgreSQL's answer to a service's own login.
 *
 * @param sqlState SQLSTATE; empty if the login succeeded or was not tried
 * @param message PostgreSQL's message
 */
record LoginResult(String sqlState, String message) {
    static final LoginResult LET_IN = new LoginResult("", "");

    /** No result: PostgreSQL asked for a weaker method than SCRAM. */
    static final LoginResult NOT_TRIED = new LoginResult("", "");
}
