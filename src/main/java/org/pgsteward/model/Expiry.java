package org.pgsteward.model;

import java.time.Instant;
import java.util.UUID;

/**
 * Retention has removed a backup: its row stays, and says so.
 *
 * @param backupId whose
 * @param eventId the journal's key of it
 * @param reason why it was not kept
 */
public record Expiry(String service, String backupId, UUID eventId, String reason, Instant at)
        implements JournalEntry {}
