package org.pgsteward.monitor;

import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.pgsteward.alert.Alert;
import org.pgsteward.alert.Reporter;
import org.pgsteward.containers.MemorySample;
import org.pgsteward.io.Attempts;
import org.pgsteward.model.Condition;

/**
 * The rounds of monitoring. Each reads one subject, judges it by the thresholds, and raises the conditions that are bad
 * or well again. The routes decide when a round runs.
 */
public final class Monitor {
    private final Sources sources;
    private final Watches watches;
    private final Supplier<List<Alert>> firing;
    private final Reporter reporter;

    /**
     * The sources of the readings. An empty reading means that the subject could not be read now, which is neither bad
     * nor well.
     *
     * @param memory of each running container
     * @param postgres the sign of life
     * @param databases PostgreSQL and its databases
     * @param catalogs the catalogs of all databases
     * @param log of that server, since the last reading
     * @param host the disks, and the rows and notifications that wait in pgsteward
     */
    public record Sources(
            Supplier<List<MemorySample>> memory,
            Supplier<PostgresReading> postgres,
            Supplier<Optional<DatabaseObservation>> databases,
            Supplier<Optional<CatalogObservation>> catalogs,
            Function<DatabaseObservation, Optional<LogObservation>> log,
            Supplier<Optional<HostObservation>> host) {}

    /** @param firing the alerts that fire now */
    public Monitor(Sources sources, Watches watches, Supplier<List<Alert>> firing, Reporter reporter) {
        this.sources = sources;
        this.watches = watches;
        this.firing = firing;
        this.reporter = reporter;
    }

    /** Samples the memory of the containers. */
    public void memory() {
        watches.memory().judge(sources.memory().get()).forEach(reporter::raise);
    }

    /**
     * Asks PostgreSQL for a sign of life. Its container is checked as well, and the alert resolves when both are well.
     */
    public void postgres() {
        watches.postgres().judge(sources.postgres().get()).ifPresent(condition -> reporter.raise(condition, "probe"));
    }

    /** Reads PostgreSQL and its databases, records the connected clients, and reads the new lines of the log. */
    public void databases() throws Exception {
        Optional<DatabaseObservation> look = sources.databases().get();
        if (look.isPresent()) {
            Attempts.all(
                    () -> raise(watches.databases().judge(look.get())),
                    () -> watches.logins().rows(look.get()).forEach(reporter::record),
                    () -> sources.log()
                            .apply(look.get())
                            .ifPresent(log -> raise(watches.log().judge(log))));
        }
    }

    /** Connects to each database, and reads its sequences and collations. */
    public void catalogs() {
        sources.catalogs().get().ifPresent(look -> raise(watches.catalogs().judge(look)));
    }

    /** Reads the disks, and the rows and notifications that wait in pgsteward. */
    public void host() {
        sources.host().get().ifPresent(look -> raise(watches.host().judge(look)));
    }

    /**
     * Raises the conditions. Resolves the alerts that fire for subjects that no longer exist, as after a database was
     * dropped.
     */
    private void raise(MetricWatch.Judged judged) {
        judged.conditions().forEach(reporter::raise);
        firing.get().stream()
                .filter(alert -> judged.kinds().contains(alert.kind()))
                .filter(alert -> !judged.subjects().contains(alert.key()))
                .map(alert -> Condition.well(
                        alert.kind(), alert.service(), "it no longer exists, or is no longer monitored", judged.at()))
                .forEach(reporter::raise);
    }
}
