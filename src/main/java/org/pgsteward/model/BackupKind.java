package org.pgsteward.model;

import java.util.Locale;

/** What a backup holds, and how its file is called. */
public enum BackupKind {
    /** One database, by {@code pg_dump}. */
    DUMP("dump"),
    /** Roles with their verifiers, and their settings. */
    GLOBALS("sql"),
    /** The whole cluster, by {@code pg_basebackup}. */
    BASE("tar");

    private final String extension;

    BackupKind(String extension) {
        this.extension = extension;
    }

    public String extension() {
        return extension;
    }

    /** As it stands in {@code backup_log.backup_type} and on the command line. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
