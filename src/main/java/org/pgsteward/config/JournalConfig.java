package org.pgsteward.config;

import java.time.Duration;

/** Settings of the journal: the tables in the management database. */
final class JournalConfig {
    static final Section SECTION = new Section("Journal", "");

    /** Read by the route that removes old rows. */
    public static final Setting<Duration> ACTIVITY_KEEP = SECTION.setting(
            "pgsteward.activity.keep", Form.TIME, "365d", "Time for which rows of `user_activity` are kept.");

    static {
        SECTION.inRoutes("pgsteward.activity.tick", "Schedule of the removal of older rows.");
    }

    private JournalConfig() {}
}
