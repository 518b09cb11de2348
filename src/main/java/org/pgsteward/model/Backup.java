package org.pgsteward.model;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/**
 * One backup from its first second to its last, as the journal, the manifest and a person see it.
 *
 * @param id the name of its file without the endings, such as {@code vikunja-20260102T030000Z}
 * @param eventId the journal's key
 * @param path relative to the store; empty until the file has its final name
 * @param sizeBytes of the file as stored
 * @param sourceBytes of the stream before compression
 * @param dumpTime from the snapshot to the fsync of the directory
 * @param verifyTime how long the restore took
 * @param error why it failed or cannot be proved, with the next step; empty otherwise
 */
public record Backup(
        String id,
        UUID eventId,
        String service,
        String database,
        BackupKind kind,
        BackupState state,
        Optional<String> path,
        Instant startedAt,
        Optional<Instant> finishedAt,
        Optional<Instant> verifiedAt,
        long sizeBytes,
        long sourceBytes,
        String sha256,
        String serverVersion,
        Duration dumpTime,
        Duration verifyTime,
        String error) {}
