package org.pgsteward.routing;

import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.pgsteward.alert.AlertBook;
import org.pgsteward.alert.Outbox;
import org.pgsteward.journal.Tables;
import org.pgsteward.model.ContainerEvent;
import org.pgsteward.model.Severity;
import org.pgsteward.monitor.DatabaseFigures;
import org.pgsteward.routing.docker.StewardDockerComponent;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The figures for Prometheus, asked for when it asks. While PostgreSQL is away, what only it knows is left out: a
 * missing series can be told from a zero.
 */
public final class Figures {
    private static final Logger LOG = LoggerFactory.getLogger(Figures.class);

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final Map<String, MultiGauge> gauges = new TreeMap<>();
    private final Tables tables;
    private final DatabaseFigures databases;
    private final ContainerDesk containers;
    private final MemoryDesk memory;
    private final StewardDockerComponent docker;
    private final AlertBook alerts;
    private final Outbox outbox;

    public Figures(
            Tables tables,
            DatabaseFigures databases,
            ContainerDesk containers,
            MemoryDesk memory,
            StewardDockerComponent docker,
            AlertBook alerts,
            Outbox outbox) {
        this.tables = tables;
        this.databases = databases;
        this.containers = containers;
        this.memory = memory;
        this.docker = docker;
        this.alerts = alerts;
        this.outbox = outbox;
    }

    public PrometheusMeterRegistry registry() {
        return registry;
    }

    /** Counts an event by its action, without what follows a colon: {@code health_status: healthy} is one kind. */
    public void count(ContainerEvent event) {
        String action = event.action();
        int colon = action.indexOf(':');
        registry.counter("pgsteward.docker.events", "action", colon < 0 ? action : action.substring(0, colon))
                .increment();
    }

    /** Prometheus text, as of now. */
    public String scrape() {
        Map<String, Map<String, Double>> byService = new TreeMap<>();
        containers.up().forEach((service, up) -> put(byService, "service.up", service, up ? 1 : 0));
        memory.last()
                .forEach(reading -> put(
                        byService,
                        "container.memory.ratio",
                        reading.service(),
                        reading.memory().ratio()));
        readDatabase(byService);
        for (String name : new String[] {
            "service.up",
            "container.memory.ratio",
            "backup.last.success.timestamp.seconds",
            "backup.last.verified.timestamp.seconds",
            "backup.duration.seconds",
            "backup.size.bytes",
            "database.size.bytes",
            "database.connections"
        }) {
            publish(name, "service", byService.getOrDefault(name, Map.of()));
        }
        Map<String, Double> firing = new LinkedHashMap<>();
        for (Severity severity : Severity.values()) {
            firing.put(severity.word(), (double) alerts.firing().stream()
                    .filter(alert -> alert.severity() == severity)
                    .count());
        }
        publish("alerts.firing", "severity", firing);
        Map<String, Double> waiting = new TreeMap<>();
        outbox.known().forEach(receiver -> waiting.put(receiver, (double) outbox.depth(receiver)));
        publish("alert.outbox.depth", "receiver", waiting);
        gauge("docker.feed.connected").register(List.of(MultiGauge.Row.of(Tags.empty(), docker.hears() ? 1 : 0)), true);
        return registry.scrape();
    }

    private void readDatabase(Map<String, Map<String, Double>> byService) {
        try {
            for (Tables.History history : tables.histories()) {
                String service = history.service();
                history.lastSuccess()
                        .ifPresent(at -> put(
                                byService, "backup.last.success.timestamp.seconds", service, at.toEpochMilli() / 1e3));
                history.lastVerified()
                        .ifPresent(at -> put(
                                byService, "backup.last.verified.timestamp.seconds", service, at.toEpochMilli() / 1e3));
                put(byService, "backup.duration.seconds", service, history.seconds());
                put(byService, "backup.size.bytes", service, (double) history.sizeBytes());
            }
            for (DatabaseFigures.Figure figure : databases.read()) {
                put(byService, "database.size.bytes", figure.service(), (double) figure.sizeBytes());
                put(byService, "database.connections", figure.service(), (double) figure.connections());
            }
        } catch (SQLException e) {
            LOG.debug("figures of PostgreSQL are left out: {}", e.getMessage());
        }
    }

    private static void put(Map<String, Map<String, Double>> figures, String name, String service, double value) {
        figures.computeIfAbsent(name, ignored -> new TreeMap<>()).put(service, value);
    }

    private void publish(String name, String tag, Map<String, Double> values) {
        gauge(name)
                .register(
                        values.entrySet().stream()
                                .map(entry -> MultiGauge.Row.of(Tags.of(tag, entry.getKey()), entry.getValue()))
                                .toList(),
                        true);
    }

    private MultiGauge gauge(String name) {
        return gauges.computeIfAbsent(
                name, key -> MultiGauge.builder("pgsteward." + key).register(registry));
    }
}
