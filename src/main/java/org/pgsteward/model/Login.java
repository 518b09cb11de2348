package org.pgsteward.model;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.UUID;

/**
 * A client's connections in one row of the table {@code user_activity}: one row for each day, whatever the number of
 * sessions.
 *
 * @param service the service of the database; the database's name if it belongs to no service
 * @param user the role
 * @param address the client's address; empty for a Unix socket on the server's host
 * @param firstSeen when the day's first session began; midnight if it began earlier
 * @param lastSeen when a session was last seen on that day
 */
public record Login(String service, String user, String address, Instant firstSeen, Instant lastSeen)
        implements JournalEntry {
    /** Returns the day of the row, in UTC. */
    public LocalDate day() {
        return LocalDate.ofInstant(lastSeen, ZoneOffset.UTC);
    }

    /** Returns an id that is the same for all rows of one client and day, so that the journal keeps one row. */
    public UUID eventId() {
        String key = String.join("\0", "login", service, user, address, day().toString());
        return UUID.nameUUIDFromBytes(key.getBytes(StandardCharsets.UTF_8));
    }
}
