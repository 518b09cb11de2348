/**
 * The targets of backups and their times.
 *
 * <p>Begin with {@link DueTargets}: it compares the {@link Targets} of the server with the runs in the journal.
 * {@link DueBackups} decides whether a backup is due, {@link OverdueRule} whether one is missing. {@link Schedules}
 * reads the times from the settings and from the labels of containers.
 */
@NullMarked
package org.pgsteward.backup.schedule;

import org.jspecify.annotations.NullMarked;
