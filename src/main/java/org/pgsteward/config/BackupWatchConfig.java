package org.pgsteward.config;

import java.time.Duration;
import org.pgsteward.backup.retention.ShrinkRule;
import org.pgsteward.backup.underway.StuckRule;

/** Limits beyond which a backup is too late, too slow or too small. */
public record BackupWatchConfig(Duration overdueGrace, StuckRule stuck, ShrinkRule shrink, Duration forgottenAfter) {
    static final Section SECTION = new Section("Alerts about backups", "");

    public static final Setting<Duration> OVERDUE_GRACE = SECTION.setting(
            "pgsteward.backup.overdue.grace",
            Form.TIME,
            "6h",
            "Time after its scheduled time at which a backup without verification is overdue.");
    public static final Setting<Duration> STUCK_AFTER = SECTION.setting(
            "pgsteward.backup.stuck.after",
            Form.TIME.limited(StuckRule.LIMITS, StuckRule::allows),
            "1h",
            "Time without progress (no byte, no step) after which a backup or a verification is cancelled. A large database may be"
                    + " silent for as long again as it takes to read at 10 MB/s. In all, a run may take four times this, and a"
                    + " second for each MB.");
    public static final Setting<Double> SHRINK_WARN = SECTION.setting(
            "pgsteward.backup.shrink.warn",
            Form.SHARE.limited(ShrinkRule.LIMITS, ShrinkRule::allows),
            "50%",
            "Share by which a backup must be smaller than the previous one to raise `backup-shrunk`.");
    public static final Setting<Long> SHRINK_EXEMPT = SECTION.setting(
            "pgsteward.backup.shrink.exempt",
            Form.SIZE,
            "1m",
            "Size of the previous backup below which `backup-shrunk` is never raised.");
    public static final Setting<Duration> FORGOTTEN_AFTER = SECTION.setting(
            "pgsteward.restore.forgotten.after",
            Form.TIME,
            "14d",
            "Age at which a database that a restore made or kept raises `database-forgotten`; `0s` for never.");

    public static BackupWatchConfig of(Settings settings) {
        return new BackupWatchConfig(
                settings.value(OVERDUE_GRACE),
                new StuckRule(settings.value(STUCK_AFTER)),
                new ShrinkRule(settings.value(SHRINK_WARN), settings.value(SHRINK_EXEMPT)),
                settings.value(FORGOTTEN_AFTER));
    }
}
