/**
 * Derives notifications from conditions, and keeps each notification until every receiver has acknowledged it.
 *
 * <p>{@link org.pgsteward.alert.AlertRegistry} keeps the state of each alert and the state that was last notified. {@link
 * org.pgsteward.alert.NotificationPolicy} decides which difference between the two is notified now, alone or grouped with
 * similar ones. {@link org.pgsteward.alert.Outbox} writes one file into each receiver's folder. One {@link
 * org.pgsteward.alert.DeliveryScheduler} for each receiver delivers these files until the receiver has acknowledged them, in
 * order for each subject. The package {@code message} has the formats of the services.
 *
 * <p>Why a notification is a difference and not an event: a difference needs no bookkeeping of its own and cannot be
 * forgotten. That holds for alerts that resolve before they are notified, begin in a silence, follow from another
 * alert, or cross a restart.
 *
 * <p>Why files and not a table: the most urgent alert is that PostgreSQL is down. Why one file for each alert and each
 * notification, made by rename: the daemon and a command may write at the same time, and a damaged file costs at most
 * one notification.
 *
 * <p>A notification arrives at least once. It arrives twice if pgsteward ended between the send and the removal of the
 * file. So it does if a receiver took it and crashed before it answered. A fallback may also get it twice if pgsteward
 * ended during the takeover. Its id is equal each time.
 *
 * <p>Why a refused notification is never dropped, however often: it may be the important one, and the operator can read
 * its file. Why a fallback reads the others' folders: a receiver that hangs could not hand over anything.
 */
@NullMarked
package org.pgsteward.alert;

import org.jspecify.annotations.NullMarked;
