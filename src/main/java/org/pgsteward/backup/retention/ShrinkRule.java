package org.pgsteward.backup.retention;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.pgsteward.model.Backup;
import org.pgsteward.model.CommandPrefix;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Severity;

/**
 * Decides whether a backup is suspiciously smaller than the previous verified one. Such a backup may be complete and
 * verified, although the database was emptied before it. Pure.
 *
 * @param share the share of the previous size, from 0 to 1, by which a backup may shrink without a warning
 * @param exemptBytes the size in bytes below which a database is too small for a meaningful share
 */
public record ShrinkRule(double share, long exemptBytes) {
    /** The {@code kind} of the conditions. */
    public static final String KIND = "backup-shrunk";

    /** The limits of the share, as a text for the setting. */
    public static final String LIMITS = "above 0% and below 100%";

    public ShrinkRule {
        if (!allows(share)) {
            throw new IllegalArgumentException("pgsteward.backup.shrink.warn is " + percent(share) + ", not " + LIMITS);
        }
    }

    public static boolean allows(double share) {
        return share > 0 && share < 1;
    }

    /** Returns the shrinkage as text, if it exceeds the limit. Sizes are in bytes of the stream before compression. */
    public Optional<String> shrunk(long before, long now) {
        if (before < exemptBytes || now >= before * (1 - share)) {
            return Optional.empty();
        }
        return Optional.of(percent(1 - (double) now / before) + " smaller, " + megabytes(now) + " after "
                + megabytes(before) + ", alert from " + percent(share) + " on");
    }

    /**
     * Returns the condition of a verified backup: shrunk or not.
     *
     * @param before the size in bytes of the previous verified backup, before compression
     */
    public Condition judge(Backup backup, String beforeId, long before, Instant at) {
        Optional<String> shrunk = shrunk(before, backup.file().sourceBytes());
        if (shrunk.isEmpty()) {
            return Condition.well(
                    KIND,
                    backup.service(),
                    backup.id() + " has " + megabytes(backup.file().sourceBytes()) + " after " + megabytes(before),
                    at);
        }
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("source_bytes", backup.file().sourceBytes());
        figures.put("source_bytes_before", before);
        figures.put(
                "percent_smaller", Math.round(1000 * (1 - (double) backup.file().sourceBytes() / before)) / 10.0);
        return Condition.bad(
                        Severity.WARNING,
                        KIND,
                        backup.service(),
                        "backup " + backup.id() + " is " + shrunk.get() + "; the previous backup " + beforeId
                                + " stays until the next verified backup, and after that PGSTEWARD_BACKUP_KEEP decides",
                        "pgsteward backups " + CommandPrefix.word(backup.service()) + "   # lists both backups\n"
                                + "pgsteward restore --backup " + CommandPrefix.word(beforeId) + " --into "
                                + CommandPrefix.word(backup.service() + "_before")
                                + "   # restores the larger one beside the live database, to compare",
                        at)
                .with(figures);
    }

    private static String percent(double share) {
        return Math.round(share * 1000) / 10.0 + "%";
    }

    private static String megabytes(long bytes) {
        return String.format(Locale.ROOT, "%.1f MB", bytes / 1e6);
    }
}
