/**
 * The login to a PostgreSQL server, for the driver and for PostgreSQL's own programs.
 *
 * <p>Why the package exists: the driver and libpq 15 answer every request for a password, so any server that asks gets
 * it in clear text. libpq 15 has no {@code require_auth}, and the driver accepts a server that skips the end of a SCRAM
 * exchange. Therefore neither of them gets the password. {@link org.pgsteward.postgres.login.ServerLogin} connects,
 * negotiates TLS and runs SCRAM itself, and hands over an authenticated session:
 *
 * <ol>
 *   <li>to the driver, as a socket whose server has "already accepted" the login
 *       ({@link org.pgsteward.postgres.login.LoginSocketFactory});
 *   <li>to a program, through a Unix socket in a folder that only its user can enter
 *       ({@link org.pgsteward.postgres.login.LoginRelay}). After the login the relay only copies bytes.
 * </ol>
 *
 * <p>All input is limited: sizes and counts of messages before the login, SCRAM's iterations, and the time of the whole
 * login. Until a server has proved that it knows the password, it gets no statement. It gets no data that depends on
 * the password except a SCRAM proof.
 */
@NullMarked
package org.pgsteward.postgres.login;

import org.jspecify.annotations.NullMarked;
