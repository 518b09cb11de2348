package org.pgsteward.model;

import java.util.Locale;

/** How far a backup has come. */
public enum BackupState {
    RUNNING,
    FAILED,
    /** Whole, hashed and under its final name, and not yet proved. */
    MADE,
    /** Restored and compared. */
    VERIFIED,
    /** Whole, and this host cannot say more (the reason is with it). */
    UNVERIFIABLE,
    /** Removed by retention. */
    EXPIRED;

    /** As it stands in {@code backup_log.state}. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
