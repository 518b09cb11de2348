package org.pgsteward.web;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import org.pgsteward.alert.AlertRegistry;
import org.pgsteward.alert.Outbox;
import org.pgsteward.containers.Containers;
import org.pgsteward.containers.MemorySampler;
import org.pgsteward.journal.BackupHistory;
import org.pgsteward.journal.CopyStatus;
import org.pgsteward.journal.CopyStatusReader;
import org.pgsteward.journal.HistoryRows;
import org.pgsteward.model.Severity;
import org.pgsteward.monitor.DatabaseMetrics;
import org.pgsteward.postgres.Server;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Metrics for Prometheus, read at each scrape. While PostgreSQL is unavailable, its metrics are left out: a missing
 * series can be distinguished from a zero.
 */
public final class Metrics {
    private static final Logger LOG = LoggerFactory.getLogger(Metrics.class);

    /** Metrics of each service, with descriptions. A unit at the end of a name follows Prometheus's convention. */
    private static final Map<String, String> OF_SERVICES = Map.of(
            "service.up", "1 while a container of the service runs, 0 otherwise.",
            "container.memory.ratio", "Memory that the service's container uses, as a share of its limit.",
            "backup.last.success.timestamp.seconds", "End of the newest good backup.",
            "backup.last.verified.timestamp.seconds", "Time at which the newest verified backup was made.",
            "backup.duration.seconds", "Duration of the newest good backup.",
            "backup.restore.seconds", "Duration of the restore of the newest verified backup.",
            "backup.size.bytes", "Size of the newest good backup in the store.",
            "database.size.bytes", "Size of the service's database.",
            "database.connections", "Sessions in the service's database, without those of pgsteward.");

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final Map<String, MultiGauge> gauges = new TreeMap<>();
    private final Server server;
    private final DatabaseMetrics.Source databases;
    private final Containers containers;
    private final MemorySampler memory;
    private final BooleanSupplier hearsEvents;
    private final AlertRegistry alerts;
    private final Outbox outbox;
    private final CopyStatusReader copies;

    public Metrics(
            Server server,
            DatabaseMetrics.Source databases,
            Containers containers,
            MemorySampler memory,
            BooleanSupplier hearsEvents,
            AlertRegistry alerts,
            Outbox outbox,
            CopyStatusReader copies) {
        this.copies = copies;
        this.server = server;
        this.databases = databases;
        this.containers = containers;
        this.memory = memory;
        this.hearsEvents = hearsEvents;
        this.alerts = alerts;
        this.outbox = outbox;
        // Camel's label names do not follow Prometheus's convention. All of them but the route are equal in all
        // metrics.
        registry.config()
                .meterFilter(MeterFilter.ignoreTags("camelContext", "eventType", "kind"))
                .meterFilter(MeterFilter.renameTag("camel", "routeId", "route"));
    }

    /** Returns the registry, to which Camel adds the metrics of its routes. */
    public MeterRegistry registry() {
        return registry;
    }

    /** Returns the current metrics in Prometheus's text format. */
    public String scrape() {
        Map<String, Map<String, Double>> byService = new TreeMap<>();
        containers.states().forEach((service, state) -> put(byService, "service.up", service, state.runs() ? 1 : 0));
        memory.last()
                .forEach(reading -> put(
                        byService,
                        "container.memory.ratio",
                        reading.service(),
                        reading.memory().ratio()));
        boolean answers = readDatabase(byService);
        OF_SERVICES.forEach((name, says) -> publish(name, says, "service", byService.getOrDefault(name, Map.of())));
        publishCopies(answers);
        publish("postgres.up", "1 while PostgreSQL answers and has a journal, 0 otherwise.", answers);
        Map<String, Double> firing = new LinkedHashMap<>();
        for (Severity severity : Severity.values()) {
            firing.put(severity.word(), (double) alerts.firing().stream()
                    .filter(alert -> alert.severity() == severity)
                    .count());
        }
        publish("alerts.firing", "Firing alerts, whether notified or not.", "severity", firing);
        Map<String, Double> waiting = new TreeMap<>();
        outbox.known().forEach(receiver -> waiting.put(receiver, (double) outbox.depth(receiver)));
        publish("alert.outbox.depth", "Notifications that wait for a receiver.", "receiver", waiting);
        publish("daemon.active", "1 in the active daemon, 0 in a standby.", true);
        publish(
                "docker.feed.connected",
                "1 while pgsteward is connected to Docker's event stream, 0 otherwise.",
                hearsEvents.getAsBoolean());
        return registry.scrape();
    }

    /** @return whether PostgreSQL answered */
    private boolean readDatabase(Map<String, Map<String, Double>> byService) {
        try (Connection connection = server.connectToLook()) {
            for (BackupHistory history : HistoryRows.all(connection)) {
                String service = history.service();
                history.lastSuccess()
                        .ifPresent(at -> put(
                                byService, "backup.last.success.timestamp.seconds", service, at.toEpochMilli() / 1e3));
                history.lastVerified()
                        .ifPresent(at -> put(
                                byService, "backup.last.verified.timestamp.seconds", service, at.toEpochMilli() / 1e3));
                put(byService, "backup.duration.seconds", service, history.seconds());
                history.restores()
                        .ifPresent(span -> put(byService, "backup.restore.seconds", service, span.toMillis() / 1e3));
                put(byService, "backup.size.bytes", service, (double) history.sizeBytes());
            }
            for (DatabaseMetrics.Figure figure : databases.read(connection)) {
                put(byService, "database.size.bytes", figure.service(), (double) figure.sizeBytes());
                put(byService, "database.connections", figure.service(), (double) figure.connections());
            }
            return true;
        } catch (SQLException e) {
            LOG.debug("metrics of PostgreSQL are left out: {}", e.getMessage());
            return false;
        }
    }

    /** Publishes the state of the copies, which is read from PostgreSQL at most twice a minute. */
    private void publishCopies(boolean answers) {
        List<CopyStatus> targets = List.of();
        try {
            targets = answers ? copies.read() : targets;
        } catch (SQLException e) {
            LOG.debug("metrics of copies are left out: {}", e.getMessage());
        }
        List<MultiGauge.Row<?>> complete = new ArrayList<>();
        List<MultiGauge.Row<?>> verified = new ArrayList<>();
        List<MultiGauge.Row<?>> counts = new ArrayList<>();
        for (CopyStatus status : targets) {
            Tags target = Tags.of("target", status.target());
            status.newestCompleteSet()
                    .ifPresent(at -> complete.add(MultiGauge.Row.of(target, at.toEpochMilli() / 1e3)));
            status.services()
                    .forEach((service, found) -> found.newestVerified()
                            .ifPresent(at -> verified.add(
                                    MultiGauge.Row.of(target.and("service", service), at.toEpochMilli() / 1e3))));
            status.states()
                    .forEach((state, count) ->
                            counts.add(MultiGauge.Row.of(target.and("state", state), (double) count)));
        }
        gauge(
                        "copy.last.complete.timestamp.seconds",
                        "Start of the newest backup set whose verified backups are all at the target.")
                .register(complete, true);
        gauge(
                        "copy.last.verified.timestamp.seconds",
                        "Start of the newest backup that was fetched from the target, restored and compared.")
                .register(verified, true);
        gauge("copy.backups", "Backups whose copy at the target has this state, without removed copies.")
                .register(counts, true);
    }

    private static void put(Map<String, Map<String, Double>> figures, String name, String service, double value) {
        figures.computeIfAbsent(name, ignored -> new TreeMap<>()).put(service, value);
    }

    private void publish(String name, String says, boolean yes) {
        gauge(name, says).register(List.of(MultiGauge.Row.of(Tags.empty(), yes ? 1 : 0)), true);
    }

    private void publish(String name, String says, String tag, Map<String, Double> values) {
        gauge(name, says)
                .register(
                        values.entrySet().stream()
                                .map(entry -> MultiGauge.Row.of(Tags.of(tag, entry.getKey()), entry.getValue()))
                                .toList(),
                        true);
    }

    private MultiGauge gauge(String name, String says) {
        return gauges.computeIfAbsent(
                name,
                key -> MultiGauge.builder("pgsteward." + key).description(says).register(registry));
    }
}
