package org.pgsteward.model;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/**
 * The copy of one backup at one target.
 *
 * @param sizeBytes bytes of the copy; 0 if the target does not have it
 * @param copiedAt the end of its last upload, after the comparison of its content; empty if there was none
 * @param checkedAt the last comparison of its content at the target
 * @param verifiedAt the last time at which it was fetched from the target, restored and compared
 * @param error why it failed, is retained or could not be verified; empty otherwise
 */
public record BackupCopy(
        Source source,
        String target,
        CopyState state,
        long sizeBytes,
        Optional<Instant> copiedAt,
        Optional<Instant> checkedAt,
        Optional<Instant> verifiedAt,
        String error)
        implements JournalEntry {
    /**
     * The backup that is copied.
     *
     * @param eventId the journal's key of the backup
     * @param path relative to the store, and to the target
     * @param startedAt when the backup began
     */
    public record Source(
            UUID eventId, String backupId, String service, BackupKind kind, String path, Instant startedAt) {
        /** Returns the identification of a backup with a file in the store. */
        public static Source of(Backup backup) {
            return new Source(
                    backup.identity().eventId(),
                    backup.id(),
                    backup.service(),
                    backup.kind(),
                    backup.path().orElseThrow(),
                    backup.times().startedAt());
        }
    }

    /** Returns a copy that is to be made. */
    public static BackupCopy due(Source source, String target) {
        return new BackupCopy(
                source, target, CopyState.DUE, 0, Optional.empty(), Optional.empty(), Optional.empty(), "");
    }

    /** Returns the journal's key: the same for the same backup and target. */
    public UUID eventId() {
        return UUID.nameUUIDFromBytes((source.eventId() + "@" + target).getBytes(StandardCharsets.UTF_8));
    }

    /** Returns whether a file with the name of the copy at the target is pgsteward's own: it was once copied there. */
    public boolean isOurs() {
        return copiedAt.isPresent();
    }

    /** Returns this copy while it is made. The file at the target no longer counts. */
    public BackupCopy copying() {
        return new BackupCopy(source, target, CopyState.COPYING, 0, copiedAt, Optional.empty(), Optional.empty(), "");
    }

    /** Returns this copy after its upload and the comparison of its content. */
    public BackupCopy there(long bytes, Instant at) {
        return new BackupCopy(
                source, target, CopyState.THERE, bytes, Optional.of(at), Optional.of(at), Optional.empty(), "");
    }

    /** Returns this copy after it was fetched, restored and compared. A retained copy stays one. */
    public BackupCopy verified(Instant at) {
        return new BackupCopy(
                source,
                target,
                state == CopyState.RETAINED ? state : CopyState.VERIFIED,
                sizeBytes,
                copiedAt,
                Optional.of(at),
                Optional.of(at),
                state == CopyState.RETAINED ? error : "");
    }

    /**
     * Returns this copy after its content was compared, and no restore was possible.
     *
     * @param because why it was not restored
     */
    public BackupCopy compared(Instant at, String because) {
        return new BackupCopy(source, target, state, sizeBytes, copiedAt, Optional.of(at), verifiedAt, because);
    }

    /** Returns this copy as not at the target, to be copied again. */
    public BackupCopy failed(String because) {
        return new BackupCopy(
                source, target, CopyState.FAILED, 0, copiedAt, Optional.empty(), Optional.empty(), because);
    }

    /** Returns this copy in a state of retention: {@code removed} or {@code retained}. */
    public BackupCopy in(CopyState retention, String because) {
        return new BackupCopy(
                source,
                target,
                retention,
                retention == CopyState.REMOVED ? 0 : sizeBytes,
                copiedAt,
                checkedAt,
                verifiedAt,
                because);
    }
}
