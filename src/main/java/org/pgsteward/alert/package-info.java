/**
 * Turns conditions into news, once when a trouble begins and once when it is over (mere information only when it begins),
 * and keeps each notice until every receiver has it.
 *
 * <p>The way of a notice: {@link org.pgsteward.alert.AlertBook} decides that there is news and writes it down,
 * {@link org.pgsteward.alert.Outbox} lays one file into each receiver's folder, and one
 * {@link org.pgsteward.alert.Courier} a receiver carries them, in order, until they are taken.
 *
 * <p>Why files and not a table: the first thing to be told is that PostgreSQL is down. Why one file an alert and one a
 * notice, each made by rename: the daemon and a command may write at the same time, and a torn file costs one notice at
 * most.
 */
@NullMarked
package org.pgsteward.alert;

import org.jspecify.annotations.NullMarked;
