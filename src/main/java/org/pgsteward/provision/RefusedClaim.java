package org.pgsteward.provision;

/** A container's request that cannot be granted. */
final class RefusedClaim extends RuntimeException {
    private final String reason;
    private final String remedy;
    private final boolean passing;

    RefusedClaim(String reason) {
        this(reason, "", false);
    }

    /**
     * @param remedy lines to paste; empty where the usual lines apply
     * @param passing whether an update of the container looks the same for a moment
     */
    RefusedClaim(String reason, String remedy, boolean passing) {
        super(reason);
        this.reason = reason;
        this.remedy = remedy;
        this.passing = passing;
    }

    /** Returns the one line that the container's operator reads. */
    String reason() {
        return reason;
    }

    Provisioner.Refusal refusal() {
        return new Provisioner.Refusal(remedy, passing);
    }
}
