package org.pgsteward.model;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** The states of a copy of a backup at a target. */
public enum CopyState {
    /** It is to be copied. */
    DUE,
    /** A process copies it, or ended while it did. */
    COPYING,
    /** The target has it, and its content was compared there. */
    THERE,
    /** It was also fetched from the target, restored and compared. */
    VERIFIED,
    /** Retention no longer keeps it, and the target refuses to remove it. This is not a failure. */
    RETAINED,
    /** Retention has removed it, or removed the backup before it was copied. */
    REMOVED,
    /** The target does not have it, or has another content. It is copied again. */
    FAILED;

    /** Returns whether the target has the backup with the right content. */
    public boolean isThere() {
        return this == THERE || this == VERIFIED || this == RETAINED;
    }

    /** Returns the value in {@code backup_copy.state}. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Returns the state with this value in {@code backup_copy.state}; empty if there is none. */
    public static Optional<CopyState> of(String word) {
        return Arrays.stream(values())
                .filter(state -> state.word().equals(word))
                .findFirst();
    }
}
