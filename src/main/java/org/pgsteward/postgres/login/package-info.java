/**
 * Logging in to a PostgreSQL server, for the driver and for PostgreSQL's own programs alike.
 *
 * <p>Why it exists: the driver and libpq 15 answer every request for a password, so any server that asks gets it in clear
 * text. libpq 15 has no {@code require_auth}, and the driver accepts a server that skips the end of a SCRAM exchange.
 * Therefore neither of them gets the password. {@link org.pgsteward.postgres.login.ServerLogin} connects, negotiates TLS and
 * runs SCRAM itself, and hands over a session that is logged in:
 *
 * <ol>
 *   <li>to the driver, as a socket whose server has "already accepted" the login
 *       ({@link org.pgsteward.postgres.login.LoginSocketFactory});
 *   <li>to a program, through a Unix socket in a folder that only its user can enter
 *       ({@link org.pgsteward.postgres.login.LoginRelay}). After the login the relay only copies bytes.
 * </ol>
 *
 * <p>All of it is bounded: sizes and counts of messages before the login, SCRAM's iterations, and the time of the whole
 * login. A server that has not shown that it knows the password gets no statement and nothing that depends on the password
 * except a SCRAM proof.
 */
@NullMarked
package org.pgsteward.postgres.login;

import org.jspecify.annotations.NullMarked;
