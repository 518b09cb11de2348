package org.pgsteward.alert;

/**
 * Previous name of {@link NotificationPolicy}, for one more version: an edited {@code alerts.camel.yaml} may still name
 * this class.
 *
 * @deprecated write {@link NotificationPolicy}
 */
@Deprecated(forRemoval = true)
public final class TellingRule extends NotificationPolicy {}
