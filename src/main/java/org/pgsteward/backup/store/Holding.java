package org.pgsteward.backup.store;

import java.time.Instant;
import java.util.Optional;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupKind;

/**
 * A backup that lies in the store, as retention and the rotation of proofs see it.
 *
 * @param backup as its manifest and the journal have it
 * @param pinned why it must be kept whatever the policy says; empty where it may go
 * @param saidAt when the journal last heard of it; empty where it never did
 */
public record Holding(Backup backup, Standing standing, Optional<String> pinned, Optional<Instant> saidAt) {
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

    /** Of its file, relative to the store. */
    public String path() {
        return backup.path().orElseThrow();
    }
}
