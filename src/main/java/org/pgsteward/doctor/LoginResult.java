package org.pgsteward.doctor;

/**
 * What PostgreSQL said to a service's own login.
 *
 * @param sqlState its code; empty when it let the service in
 * @param message its words
 */
record LoginResult(String sqlState, String message) {
    static final LoginResult LET_IN = new LoginResult("", "");

    /** Nothing is known: PostgreSQL asked for less than SCRAM. */
    static final LoginResult NOT_TRIED = new LoginResult("", "");
}
