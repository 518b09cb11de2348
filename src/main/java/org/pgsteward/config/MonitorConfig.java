package org.pgsteward.config;

/** Intervals between readings. The levels are in {@code routes/thresholds.yaml}, and the timers in route files. */
final class MonitorConfig {
    static final Section SECTION = new Section(
            "Monitoring",
            "The levels themselves are in [`routes/thresholds.yaml`](#levels). The variables that held them before"
                    + " (`PGSTEWARD_WATCH_…`, `PGSTEWARD_MEMORY_…`) are read for this version only, and override the file;"
                    + " `pgsteward check` and the log say where each value belongs now.");

    static {
        SECTION.inRoutes("pgsteward.monitor.period", "Time between two samples of memory.");
        SECTION.inRoutes("pgsteward.monitor.postgres.period", "Time between two probes of PostgreSQL.");
        SECTION.inRoutes(
                "pgsteward.monitor.backups.period", "Time between two comparisons of schedules with the journal.");
        SECTION.inRoutes("pgsteward.monitor.backups.delay", "Time from the start to the first of them.");
        SECTION.inRoutes(
                "pgsteward.overview.period",
                "Time between two records of the state, for when PostgreSQL is unavailable.");
        SECTION.inRoutes("pgsteward.overview.delay", "Time from the start to the first of them.");
        SECTION.inRoutes("pgsteward.watch.period", "Time between two readings of all other figures with a level.");
        SECTION.inRoutes("pgsteward.watch.delay", "Time from the start to the first of them.");
    }

    private MonitorConfig() {}
}
