package org.pgsteward.alert;

import java.time.Duration;
import org.pgsteward.model.Notice;

/** Hands one notice to one receiver. */
@FunctionalInterface
public interface Sender {
    /**
     * Returns when the receiver has taken it.
     *
     * @throws NotTaken when it has not; it will be asked again
     */
    void send(String receiver, Notice notice) throws NotTaken;

    /** A receiver did not take a notice. Has no cause: causes quote addresses, and those may be secret. */
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
         * It may be otherwise soon.
         *
         * @param reason free of secrets
         */
        public NotTaken(String reason) {
            this(reason, false, Duration.ZERO);
        }

        /** It asked to be left alone for so long. */
        public static NotTaken forNow(String reason, Duration notBefore) {
            return new NotTaken(reason, false, notBefore);
        }

        /** It will not be otherwise until somebody changes something: a wrong token, a message that it finds wrong. */
        public static NotTaken refused(String reason) {
            return new NotTaken(reason, true, Duration.ZERO);
        }

        boolean isRefused() {
            return refused;
        }

        /** Zero where the receiver did not say. */
        Duration notBefore() {
            return notBefore;
        }
    }
}
