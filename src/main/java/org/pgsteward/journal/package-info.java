/**
 * Makes the tables of pgsteward, reads them, and writes the rows of {@code backup_log} and {@code user_activity}.
 * Provisioning writes {@code service_configs} itself, since it needs PostgreSQL anyway.
 *
 * <p>Every row that is written here goes to a {@link Spool} on disk first. From there it goes to PostgreSQL, in order, as
 * soon as PostgreSQL answers. So a server that is away costs no row; the rows' own ids make a replay harmless.
 *
 * <p>Why a backup's row says when it was said ({@code said_at}): since a backup may be proved again, two processes can
 * say two things of it, and the order in which their rows arrive must not decide which of them holds.
 */
@NullMarked
package org.pgsteward.journal;

import org.jspecify.annotations.NullMarked;
