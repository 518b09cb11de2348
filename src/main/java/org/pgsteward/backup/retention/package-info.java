/**
 * Decides which backups are kept, and removes the others.
 *
 * <p>Begin with {@link Pruner}. {@link RetentionPlan} decides by a {@link RetentionPolicy} and gives a reason for each backup;
 * it touches nothing. {@link RetentionSettings} finds the policy of a service. {@link ShrinkRule} says when a backup is
 * suspiciously small.
 *
 * <p>Why a backup that is not proved is never weighed against one that is: tools that count files let a fortnight of
 * failing runs push out the last good one. Here failures fill no bucket, and what is only whole fills its own.
 */
@NullMarked
package org.pgsteward.backup.retention;

import org.jspecify.annotations.NullMarked;
