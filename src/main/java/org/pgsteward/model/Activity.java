package org.pgsteward.model;

import java.time.Instant;
import java.util.UUID;

/**
 * One row of the table {@code user_activity}: an action of a user or of pgsteward.
 *
 * @param eventId the journal's key; a row that is replayed from the spool keeps it, so it cannot be inserted twice
 * @param service the service concerned; {@code pgsteward} if the action concerns no single service
 * @param action at most 100 characters, such as {@code container start} or {@code provisioned}
 * @param user the user who acted; {@code pgsteward} for the daemon itself
 */
public record Activity(UUID eventId, String service, String action, String user, Instant at) implements JournalEntry {
    /** The action that records that pgsteward set a role's password to the one in its container's settings. */
    public static final String PASSWORD_SET = "password set";

    public static Activity ours(String service, String action, Instant at) {
        return new Activity(UUID.randomUUID(), service, action, "pgsteward", at);
    }
}
