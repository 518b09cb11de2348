/**
 * Takes notices out of the outbox and through the routes of the receivers.
 *
 * <p>A receiver is a route whose id begins with {@code receiver-} and that starts with the {@code direct:} endpoint of
 * the same name; whoever adds such a route has added a receiver. It gets the notice as JSON in its body and as the
 * variable {@code notice}; if it ends without an exception, the notice counts as taken.
 *
 * <p>To ship one more receiver: a file in {@code routes/receivers} that sends by {@code notify:}, its text in {@code
 * alert.message.Messages} with a template, its settings in {@code config.ReceiverConfig}, a row in the README, and a case in
 * {@code ChatReceiversTest}. Nothing has to be registered.
 *
 * <p>Why a thread for each receiver: one that hangs must hold up nobody else. Why no redelivery of Camel's: its state is
 * in memory, and the outbox outlives a restart.
 */
@NullMarked
package org.pgsteward.camel.receivers;

import org.jspecify.annotations.NullMarked;
