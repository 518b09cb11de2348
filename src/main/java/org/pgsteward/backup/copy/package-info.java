/**
 * Copies of backups at second places.
 *
 * <p>{@link org.pgsteward.backup.copy.Copies} runs one pass after another over each target, {@link
 * org.pgsteward.backup.copy.CopyPass} has the steps of a pass, and {@link org.pgsteward.backup.copy.CopyPlan} decides what
 * is copied and removed. {@link org.pgsteward.backup.copy.CopyPlace} is the other end. All places are reached through a
 * route of Camel, so that an operator's own route can be one.
 */
@NullMarked
package org.pgsteward.backup.copy;

import org.jspecify.annotations.NullMarked;
