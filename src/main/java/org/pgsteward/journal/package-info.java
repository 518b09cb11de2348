/**
 * What is written down: {@code service_configs}, {@code backup_log} and {@code user_activity}.
 *
 * <p>Every row goes to a {@link Spool} on disk first and from there to PostgreSQL, in order, as soon as it answers. So
 * there is one path and not two, and a server that is away costs no row; the rows' own ids make a replay harmless.
 *
 * <p>Why a backup's row says when it was said ({@code said_at}): since a backup may be proved again, two processes can
 * say two things of it, and the order in which their rows arrive must not decide which of them holds.
 */
@NullMarked
package org.pgsteward.journal;

import org.jspecify.annotations.NullMarked;
