/**
 * Turns conditions into news, and keeps each notice until every receiver has it.
 *
 * <p>The way of a notice: {@link org.pgsteward.alert.AlertBook} keeps how everything is and what people have heard of it,
 * {@link org.pgsteward.alert.TellingRule} says which difference between the two is to be told now, alone or with what is
 * like it, {@link org.pgsteward.alert.Outbox} lays one file into each receiver's folder, and one
 * {@link org.pgsteward.alert.Courier} a receiver carries them, those of one subject in order, until they are taken. What
 * it is sent is in {@code message}.
 *
 * <p>Why news is a difference and not an event: what was over before it was told, what fell into a silence or followed from
 * something else, and what a restart came between need no bookkeeping of their own, and cannot be forgotten.
 *
 * <p>Why files and not a table: the first thing to be told is that PostgreSQL is down. Why one file an alert and one a
 * notice, each made by rename: the daemon and a command may write at the same time, and a torn file costs one notice at
 * most.
 *
 * <p>A notice arrives at least once. It arrives twice where pgsteward ended between the send and the removal of the file,
 * where a receiver took it and did not live to say so, and at a fallback that took it over just as pgsteward ended; its id
 * is the same each time.
 *
 * <p>Why a refused notice is never dropped, however often: the one that a service finds wrong may be the one that matters,
 * and the file can be looked at. Why a fallback looks at the others' folders instead of being given something: a receiver
 * that hangs cannot give anything away.
 */
@NullMarked
package org.pgsteward.alert;

import org.jspecify.annotations.NullMarked;
