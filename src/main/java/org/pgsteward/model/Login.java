package org.pgsteward.model;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.UUID;

/**
 * Somebody was connected, for the table {@code user_activity}: one row for each day, whatever the number of sessions.
 *
 * @param service whose database; the database's own name where it is no service's
 * @param user the role
 * @param address from where; empty for a socket on the server's own host
 * @param firstSeen on that day
 * @param lastSeen on that day
 */
public record Login(String service, String user, String address, Instant firstSeen, Instant lastSeen)
        implements JournalEntry {
    /** The day, in UTC, that the row is about. */
    public LocalDate day() {
        return LocalDate.ofInstant(lastSeen, ZoneOffset.UTC);
    }

    /** The same for all that is said of one day, so that it stays one row. */
    public UUID eventId() {
        String key = String.join("\0", "login", service, user, address, day().toString());
        return UUID.nameUUIDFromBytes(key.getBytes(StandardCharsets.UTF_8));
    }
}
