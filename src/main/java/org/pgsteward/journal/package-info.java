/**
 * Makes the tables of pgsteward, reads them, and writes the rows of {@code backup_log} and {@code user_activity}.
 * Provisioning writes {@code service_configs} itself, since it needs PostgreSQL anyway.
 *
 * <p>Every row of this package goes to a {@link Spool} on disk first. From there it goes to PostgreSQL, in order, as
 * soon as PostgreSQL answers. So an unavailable server costs no row, and the rows' own ids make a replay harmless.
 *
 * <p>Why a backup's row has the time of its recording ({@code said_at}): a backup may be re-verified, so two processes
 * can record two results for it. The order in which their rows arrive must not decide which result holds.
 */
@NullMarked
package org.pgsteward.journal;

import org.jspecify.annotations.NullMarked;
