package org.pgsteward.alert;

import java.time.Duration;
import org.pgsteward.model.Notification;

/** Transport of one notification to one receiver. */
@FunctionalInterface
public interface Sender {
    /**
     * Returns when the receiver has acknowledged the notification.
     *
     * @throws NotTaken if it has not; the delivery is retried
     */
    void send(String receiver, Notification notice) throws NotTaken;

    /** Failure of a delivery. It has no cause: causes quote addresses, which may be secret. */
    final class NotTaken extends Exception {
        private static final long serialVersionUID = 1L;

        private final boolean refused;
        private final Duration notBefore;

        private NotTaken(String reason, boolean refused, Duration notBefore) {
            super(reason, null);
            this.refused = refused;
            this.notBefore = notBefore;
        }

        /**
         * Creates a failure that may be temporary.
         *
         * @param reason cause, free of secrets
         */
        public NotTaken(String reason) {
            this(reason, false, Duration.ZERO);
        }

        /** Returns a temporary failure after which the receiver asked for a delay. */
        public static NotTaken forNow(String reason, Duration notBefore) {
            return new NotTaken(reason, false, notBefore);
        }

        /**
         * Returns a failure that lasts until the operator changes a setting, such as a wrong token or a bad message.
         */
        public static NotTaken refused(String reason) {
            return new NotTaken(reason, true, Duration.ZERO);
        }

        boolean isRefused() {
            return refused;
        }

        /** Returns the delay that the receiver asked for; zero if it gave none. */
        Duration notBefore() {
            return notBefore;
        }
    }
}
