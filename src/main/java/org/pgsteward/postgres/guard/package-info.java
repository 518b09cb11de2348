/**
 * Keeps one role from taking what all others need of the server: its catalogs, its locks, its memory.
 *
 * <p>One session of the daemon does all of it, {@link org.pgsteward.postgres.guard.ServerGuard}. It is logged in before the
 * trouble begins, since nobody may be able to log in afterwards.
 */
@NullMarked
package org.pgsteward.postgres.guard;

import org.jspecify.annotations.NullMarked;
