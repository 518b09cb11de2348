/**
 * Looks at containers and at the database and says how they are: conditions with figures and a remedy.
 *
 * <p>{@code *Rule} judges one look and is pure; {@code *Watch} remembers what the looks before it said. Neither knows
 * who is told: that is the alerts' business.
 *
 * <p>Why a watch may say nothing: a first sample above a level is not yet news, and after a restart nothing is known of
 * the samples before. "Well" would then end an alert that still holds, so what is undecided is left unsaid.
 */
@NullMarked
package org.pgsteward.monitor;

import org.jspecify.annotations.NullMarked;
