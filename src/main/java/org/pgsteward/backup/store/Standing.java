package org.pgsteward.backup.store;

import org.pgsteward.model.BackupState;

/** What a stored backup is worth when it has to be decided which to keep. */
public enum Standing {
    /** Restored and compared; while it was made, where nobody here can open what is stored: that is as good as it gets. */
    PROVED,
    /** Whole, as far as is known, and not proved. */
    UNPROVED,
    /** Its proof failed, or its file is not the one that was written. */
    DAMAGED;

    public static Standing of(BackupState state, boolean provedInStream) {
        return switch (state) {
            case VERIFIED -> PROVED;
            case MADE -> provedInStream ? PROVED : UNPROVED;
            case FAILED -> DAMAGED;
            case RUNNING, UNVERIFIABLE, EXPIRED -> UNPROVED;
        };
    }
}
