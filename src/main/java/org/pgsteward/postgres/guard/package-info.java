/**
 * Protection against a role that blocks all others: by locks on shared catalogs, or by taking most of the server's
 * locks, memory or disk. PostgreSQL has no limits for these.
 *
 * <p>{@link org.pgsteward.postgres.guard.ServerGuard} checks the server every two seconds over sessions that stay
 * logged in, since a new login may fail during such an incident. It terminates the sessions that cause the incident.
 * {@link org.pgsteward.postgres.guard.Offences} decides when the guard disables the login of the role.
 */
@NullMarked
package org.pgsteward.postgres.guard;

import org.jspecify.annotations.NullMarked;
