/**
 * Delivers notifications from the outbox through the routes of the receivers.
 *
 * <p>A receiver is a route whose id begins with {@code receiver-} and that consumes from the {@code direct:} endpoint
 * of the same name. Adding such a route adds a receiver. The route gets the notification as JSON in its body and as the
 * variable {@code notice}. If it ends without an exception, the notification counts as acknowledged.
 *
 * <p>To ship one more receiver: a file in {@code routes/receivers} that sends by {@code notify:}, its text in {@code
 * alert.message.Messages} with a template, its settings in {@code config.ReceiverConfig}, a row in {@code
 * src/docs/alerts.md}, and a case in {@code ChatReceiversTest}. It needs no registration.
 *
 * <p>Why a thread for each receiver: a receiver that hangs must not delay the others. Why not Camel's redelivery: its
 * state is in memory, and the outbox survives a restart.
 */
@NullMarked
package org.pgsteward.camel.receivers;

import org.jspecify.annotations.NullMarked;
