package org.pgsteward.backup.store;

import java.time.Instant;
import java.util.Optional;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupKind;

/**
 * A stored backup, as input for retention and for the rotation of verifications.
 *
 * @param backup from its manifest and the journal
 * @param pinned the reason why it is kept regardless of the policy; empty if it may be removed
 * @param saidAt the time of its last entry in the journal; empty if there is none
 */
public record StoredBackupStatus(Backup backup, Standing standing, Optional<String> pinned, Optional<Instant> saidAt) {
    public String id() {
        return backup.id();
    }

    public String service() {
        return backup.service();
    }

    public BackupKind kind() {
        return backup.kind();
    }

    public Instant startedAt() {
        return backup.times().startedAt();
    }

    public long sourceBytes() {
        return backup.file().sourceBytes();
    }

    /** Returns the path of its file, relative to the store. */
    public String path() {
        return backup.path().orElseThrow();
    }
}
