/**
 * Decides which backups are kept, and removes the others.
 *
 * <p>Begin with {@link Pruner}. {@link RetentionPlan} decides by a {@link RetentionPolicy} and gives a reason for each
 * backup, without any change to the store. {@link RetentionSettings} finds the policy of a service. {@link ShrinkRule}
 * detects a suspiciously small backup.
 *
 * <p>Why an unverified backup never competes with a verified one: in tools that count files, a fortnight of failing
 * runs displaces the last good backup. Here failures fill no bucket, and unverified backups fill buckets of their own.
 */
@NullMarked
package org.pgsteward.backup.retention;

import org.jspecify.annotations.NullMarked;
