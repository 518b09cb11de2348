package org.pgsteward.model;

import java.time.Instant;
import java.util.UUID;

/**
 * Something that somebody did, for the table {@code user_activity}.
 *
 * @param eventId one happening, one id: a row replayed from the spool cannot be doubled
 * @param service whose; {@code pgsteward} where it concerns no single one
 * @param action at most 100 characters, such as {@code container start} or {@code provisioned}
 * @param user who did it
 */
public record Activity(UUID eventId, String service, String action, String user, Instant at) implements JournalEntry {
    /** The action of a role that was given its container's password. */
    public static final String PASSWORD_SET = "password set";

    public static Activity ours(String service, String action, Instant at) {
        return new Activity(UUID.randomUUID(), service, action, "pgsteward", at);
    }
}
