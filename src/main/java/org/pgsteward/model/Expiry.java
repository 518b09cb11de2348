package org.pgsteward.model;

import java.time.Instant;
import java.util.UUID;

/**
 * The removal of a backup by retention. Its journal row stays and records the removal.
 *
 * @param backupId the id of the removed backup
 * @param eventId the journal's key of the backup
 * @param reason why retention did not keep the backup
 */
public record Expiry(String service, String backupId, UUID eventId, String reason, Instant at)
        implements JournalEntry {}
