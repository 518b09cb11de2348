package org.pgsteward.alert;

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

        /** @param reason free of secrets */
        public NotTaken(String reason) {
            super(reason, null);
        }
    }
}
