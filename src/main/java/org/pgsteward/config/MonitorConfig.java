package org.pgsteward.config;

/** Intervals between samples and probes. The levels are in {@code routes/thresholds.yaml}, and the timers in route files. */
final class MonitorConfig {
    static final Section SECTION = new Section(
            "Monitoring",
            "The levels themselves are in [`routes/thresholds.yaml`](#levels). The variables that held them before"
                    + " (`PGSTEWARD_WATCH_…`, `PGSTEWARD_MEMORY_…`) are read for this version only, and override the file."
                    + " `pgsteward check` and the log name the new place of each value.");

    static {
        SECTION.inRoutes("pgsteward.monitor.period", "Time between two samples of memory.");
        SECTION.inRoutes("pgsteward.monitor.postgres.period", "Time between two probes of PostgreSQL.");
        SECTION.inRoutes(
                "pgsteward.monitor.backups.period", "Time between two comparisons of schedules with the journal.");
        SECTION.inRoutes("pgsteward.monitor.backups.delay", "Time from the start to the first comparison.");
        SECTION.inRoutes(
                "pgsteward.overview.period",
                "Time between two records of the state, which are shown while PostgreSQL is unavailable.");
        SECTION.inRoutes("pgsteward.overview.delay", "Time from the start to the first record.");
        SECTION.inRoutes("pgsteward.watch.period", "Time between two samples of all other metrics with a level.");
        SECTION.inRoutes("pgsteward.watch.delay", "Time from the start to the first of these samples.");
        SECTION.inRoutes(
                "pgsteward.watch.catalogs.period",
                "Time between two checks of the sequences and collations of all databases.");
        SECTION.inRoutes("pgsteward.watch.catalogs.delay", "Time from the start to the first of these checks.");
    }

    private MonitorConfig() {}
}
