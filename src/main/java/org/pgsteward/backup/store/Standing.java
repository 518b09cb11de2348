package org.pgsteward.backup.store;

import org.pgsteward.model.BackupState;

/** The value of a stored backup for retention. */
public enum Standing {
    /**
     * Restored and compared. If this host cannot decrypt the stored file, this happened while the backup was made, and
     * no stronger verification is possible.
     */
    VERIFIED,
    /** Intact, as far as is known, but not verified. */
    UNVERIFIED,
    /** The verification failed, or the file differs from the written one. */
    DAMAGED;

    public static Standing of(BackupState state, boolean verifiedInStream) {
        return switch (state) {
            case VERIFIED -> VERIFIED;
            case MADE -> verifiedInStream ? VERIFIED : UNVERIFIED;
            case FAILED -> DAMAGED;
            case RUNNING, UNVERIFIABLE, EXPIRED -> UNVERIFIED;
        };
    }
}
