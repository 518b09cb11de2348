package org.pgsteward.model;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * The journal's row of a backup in the store.
 *
 * @param verifiedAt when the backup was last verified
 * @param saidAt when its row was last written, which is when it was last checked
 * @param error why the backup is not verified; empty if it is
 * @param pinned the reason of its pin; retention must keep a pinned backup
 * @param caveats statements or objects that a restore would refuse, lose or leave empty
 */
public record BackupRow(
        BackupState state,
        Optional<Instant> verifiedAt,
        Optional<Instant> saidAt,
        String error,
        Optional<String> pinned,
        List<String> caveats) {
    /** Creates a row without caveats. */
    public BackupRow(
            BackupState state,
            Optional<Instant> verifiedAt,
            Optional<Instant> saidAt,
            String error,
            Optional<String> pinned) {
        this(state, verifiedAt, saidAt, error, pinned, List.of());
    }
}
