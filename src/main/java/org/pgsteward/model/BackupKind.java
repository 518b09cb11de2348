package org.pgsteward.model;

import java.util.Arrays;
import java.util.Locale;

/** The contents of a backup, and the extension of its file name. */
public enum BackupKind {
    /** One database, written by {@code pg_dump}. */
    DUMP("dump"),
    /** All roles with their password verifiers and settings. */
    GLOBALS("sql"),
    /** The whole cluster, written by {@code pg_basebackup}. */
    BASE("tar");

    private final String extension;

    BackupKind(String extension) {
        this.extension = extension;
    }

    public String extension() {
        return extension;
    }

    /** Returns the command that makes a backup of this kind now: of a service, or of the whole cluster. */
    public String command(String service) {
        return "pgsteward backup " + (this == DUMP ? CommandPrefix.word(service) : "--kind " + word());
    }

    /** Returns {@link #command} for a failed backup, with the time of the next attempt. A base backup is retried a few times only. */
    public String commandAfterFailure(String service) {
        return command(service) + "   # after the cause is corrected; pgsteward also tries again "
                + (this == BASE ? "a few times, then by its schedule" : "by itself");
    }

    /** Returns the kind of a value of {@code backup_log.backup_type}; {@link #DUMP} for an unknown one. */
    public static BackupKind of(String word) {
        return Arrays.stream(values())
                .filter(kind -> kind.word().equals(word))
                .findFirst()
                .orElse(DUMP);
    }

    /** Returns the value in {@code backup_log.backup_type} and on the command line. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
