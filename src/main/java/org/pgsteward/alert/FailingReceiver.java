package org.pgsteward.alert;

import java.time.Instant;

/**
 * A receiver that does not take what it is given.
 *
 * @param since when the first delivery failed since the last one that succeeded
 * @param waiting notices in its outbox at the last try
 * @param reason why the last delivery failed, without secrets
 */
public record FailingReceiver(String receiver, Instant since, int waiting, String reason) {}
