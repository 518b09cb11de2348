package org.pgsteward.monitor;

import java.util.List;

/**
 * The levels from which metrics are alerts, as {@link ThresholdsFile} reads them.
 *
 * @param databases rules for PostgreSQL and its databases
 * @param catalogs rules for the catalogs of the databases
 * @param log rules for PostgreSQL's log
 * @param host rules for the disks and for pgsteward itself
 */
public record MonitorRules(
        MemoryRule memory,
        PostgresRule postgres,
        LoginLog.Pace logins,
        List<MetricRule<DatabaseObservation>> databases,
        List<MetricRule<CatalogObservation>> catalogs,
        List<MetricRule<LogObservation>> log,
        List<MetricRule<HostObservation>> host) {
    public MonitorRules {
        databases = List.copyOf(databases);
        catalogs = List.copyOf(catalogs);
        log = List.copyOf(log);
        host = List.copyOf(host);
    }
}
