package org.pgsteward.alert;

import java.time.Instant;

/**
 * A receiver that does not acknowledge its notifications.
 *
 * @param since time of the first failed delivery after the last successful one
 * @param waiting notifications in its outbox at the last try
 * @param reason cause of the last failure, without secrets
 */
public record FailingReceiver(String receiver, Instant since, int waiting, String reason) {}
