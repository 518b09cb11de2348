package org.pgsteward.provision;

/** A container asked for what it cannot have. */
final class RefusedClaim extends RuntimeException {
    private final String reason;

    RefusedClaim(String reason) {
        super(reason);
        this.reason = reason;
    }

    /** The one line that the container's operator reads. */
    String reason() {
        return reason;
    }
}
