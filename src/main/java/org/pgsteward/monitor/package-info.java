/**
 * Reads containers and the database and reports their state: conditions with figures and a remedy.
 *
 * <p>{@code *Rule} judges one reading and is pure; {@code *Watch} remembers the results of the earlier ones. Rules and
 * watches do not know the receivers of alerts, since the alert package chooses them.
 *
 * <p>Why a watch may leave a subject undecided: a first sample above a level is not yet an alert, and after a restart
 * the earlier samples are not known. "Well" would then resolve an alert that still holds.
 */
@NullMarked
package org.pgsteward.monitor;

import org.jspecify.annotations.NullMarked;
