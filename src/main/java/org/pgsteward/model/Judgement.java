package org.pgsteward.model;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What the journal says of a backup that lies in the store.
 *
 * @param verifiedAt when it was last proved
 * @param saidAt when its row was last written, which is when it was last looked at
 * @param error why it is not proved; empty otherwise
 * @param pinned why retention must keep it
 * @param caveats what a restore of it would refuse, lose or leave empty
 */
public record Judgement(
        BackupState state,
        Optional<Instant> verifiedAt,
        Optional<Instant> saidAt,
        String error,
        Optional<String> pinned,
        List<String> caveats) {
    /** Without a caveat. */
    public Judgement(
            BackupState state,
            Optional<Instant> verifiedAt,
            Optional<Instant> saidAt,
            String error,
            Optional<String> pinned) {
        this(state, verifiedAt, saidAt, error, pinned, List.of());
    }
}
