package org.pgsteward.model;

import java.util.Locale;

/** The states of a backup. */
public enum BackupState {
    RUNNING,
    FAILED,
    /** Complete, hashed and under its final name, but not verified. */
    MADE,
    /** Restored and compared. */
    VERIFIED,
    /** Complete, but this host cannot verify it. {@link Backup.Result#error} holds the reason. */
    UNVERIFIABLE,
    /** Removed by retention. */
    EXPIRED;

    /** Returns the value in {@code backup_log.state}. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
