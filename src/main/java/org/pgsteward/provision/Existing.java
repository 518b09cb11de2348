package org.pgsteward.provision;

import java.util.Optional;

/**
 * What the cluster holds of what a claim is about.
 *
 * @param takenBy the other service that {@code service_configs} has for the database or the role; empty when free or
 *     the claimant's own
 */
record Existing(Optional<Role> role, Optional<Database> database, Optional<String> takenBy) {

    /**
     * A row of {@code pg_roles}.
     *
     * @param passwordFits whether the stored verifier accepts the claim's password
     * @param powerful whether it is a superuser, may replicate, bypass row security, or make roles or databases
     * @param mayLogActivity whether it may call {@code log_user_activity}
     */
    record Role(boolean canLogIn, boolean passwordFits, boolean powerful, boolean mayLogActivity) {}

    /**
     * A row of {@code pg_database}.
     *
     * @param openToPublic whether PUBLIC may connect or make temporary tables
     * @param ownerMayCreate whether the claim's role may use and create in schema {@code public}
     */
    record Database(String owner, boolean openToPublic, boolean ownerMayCreate) {}
}
