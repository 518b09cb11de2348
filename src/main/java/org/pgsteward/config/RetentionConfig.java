package org.pgsteward.config;

import org.pgsteward.backup.retention.RetentionPolicy;

/** Retention of backups, and the schedule of re-verification. Only route files read these settings. */
final class RetentionConfig {
    static final Section SECTION = new Section("Retention and re-verification", "");

    public static final Setting<RetentionPolicy> KEEP = SECTION.setting(
            "pgsteward.backup.keep",
            new Form<>("policy", RetentionPolicy::parse),
            "last=3,daily=7,weekly=4,monthly=6",
            "Retention policy; it may also have `hourly` and `yearly`.");

    static {
        SECTION.inRoutes(
                "pgsteward.retention.tick",
                "Schedule of the removal of old backups; they are also removed after each night.");
        SECTION.formerly(
                "pgsteward.reproof.tick",
                SECTION.inRoutes(
                        "pgsteward.reverification.tick", "Schedule of the re-verification of stored backups."));
        SECTION.formerly(
                "pgsteward.reproof.count",
                SECTION.inRoutes(
                        "pgsteward.reverification.count",
                        "Number of stored backups to re-verify each time; 0 for none."));
        SECTION.inRoutes(
                "pgsteward.interrupted.tick",
                "Schedule of the verification of backups whose process ended before it verified them.");
    }

    private RetentionConfig() {}
}
