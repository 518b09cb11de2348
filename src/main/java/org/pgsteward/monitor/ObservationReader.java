package org.pgsteward.monitor;

import java.io.IOException;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.pgsteward.alert.AlertRegistry;
import org.pgsteward.alert.Outbox;
import org.pgsteward.containers.Containers;
import org.pgsteward.engine.FeedStatus;
import org.pgsteward.journal.Spool;
import org.pgsteward.journal.Tables;
import org.pgsteward.model.Container;
import org.pgsteward.model.PostgresServer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads everything that is monitored beside containers: PostgreSQL and its databases, the disks, and pgsteward itself.
 */
public final class ObservationReader {
    private static final Logger LOG = LoggerFactory.getLogger(ObservationReader.class);

    private final DatabaseProbe databases;
    private final CatalogProbe catalogs;
    private final LogProbe logs;
    private final CrashProbe crashes;
    private final Containers containers;
    private final Tables tables;
    private final Supplier<List<FeedStatus>> feeds;
    private final DiskProbe disks;
    private final ImageProbe images;
    private final Spool spool;
    private final Outbox outbox;
    private final AlertRegistry alerts;
    private final Clock clock;
    private final Instant since;
    private final AtomicReference<String> unread = new AtomicReference<>("");

    /** @param feeds the state of the Docker event feeds; empty where there is none */
    public ObservationReader(
            DatabaseProbe databases,
            CatalogProbe catalogs,
            LogProbe logs,
            CrashProbe crashes,
            Containers containers,
            Tables tables,
            Supplier<List<FeedStatus>> feeds,
            DiskProbe disks,
            ImageProbe images,
            Spool spool,
            Outbox outbox,
            AlertRegistry alerts,
            Clock clock) {
        this.databases = databases;
        this.catalogs = catalogs;
        this.logs = logs;
        this.crashes = crashes;
        this.containers = containers;
        this.tables = tables;
        this.feeds = feeds;
        this.disks = disks;
        this.images = images;
        this.spool = spool;
        this.outbox = outbox;
        this.alerts = alerts;
        this.clock = clock;
        this.since = clock.instant();
    }

    /** Reads PostgreSQL once; empty while it is unavailable, which its probe reports. */
    public Optional<DatabaseObservation> databases() {
        try {
            DatabaseObservation look = databases.read(
                    server(containers.postgres(), containers.postgres().flatMap(containers::lastOrder), restarts()));
            return Optional.of(look.after(containers
                    .postgres()
                    .flatMap(one -> crashes.before(
                            one.name(),
                            look.server().startedAt(),
                            look.server().recoveredAt(),
                            look.server().log()))));
        } catch (SQLException e) {
            LOG.debug("cannot check PostgreSQL and its databases: {}", e.getMessage());
            return Optional.empty();
        }
    }

    /** Reads the catalogs of all databases once; empty while PostgreSQL is unavailable. */
    public Optional<CatalogObservation> catalogs() {
        try {
            return Optional.of(
                    catalogs.read(containers.postgres().map(Container::name).orElse(PostgresServer.SERVICE)));
        } catch (SQLException e) {
            LOG.debug("cannot check the catalogs of PostgreSQL's databases: {}", e.getMessage());
            return Optional.empty();
        }
    }

    /** Reads the server's log since the last reading; empty while it cannot be read, which is logged once. */
    public Optional<LogObservation> log(DatabaseObservation server) {
        if (containers.postgres().isEmpty()) {
            return Optional.empty();
        }
        LogProbe.Result read = logs.read(containers.postgres().get().name(), server, this::owners);
        if (!read.why().equals(unread.getAndSet(read.why())) && !read.why().isEmpty()) {
            LOG.info("cannot read all of PostgreSQL's log: {}; run pgsteward doctor for the remedy", read.why());
        }
        return read.look();
    }

    private Optional<Map<String, String>> owners() {
        try {
            return Optional.of(containers.owners(tables.services().enrolments()));
        } catch (SQLException e) {
            LOG.debug("cannot read the services of containers: {}", e.getMessage());
            return Optional.empty();
        }
    }

    private Map<String, Object> restarts() {
        return alerts.firing().stream()
                .filter(alert -> alert.kind().equals(RestartRule.KIND))
                .findFirst()
                .map(alert -> alert.last().figures())
                .orElse(Map.of());
    }

    /** Returns the facts about the server that Docker and the alerts know. */
    public static DatabaseProbe.Host server(
            Optional<Container> container, Optional<Instant> ordered, Map<String, Object> restarts) {
        return new DatabaseProbe.Host(
                container.map(Container::name).orElse(PostgresServer.SERVICE),
                container.map(Container::memoryLimitBytes),
                ordered,
                restarts);
    }

    /** Reads the host and pgsteward itself once; empty while the disks cannot be read, which is logged. */
    public Optional<HostObservation> host() {
        Optional<FeedStatus> stale =
                feeds.get().stream().filter(feed -> !feed.connected()).findFirst();
        Map<String, Integer> waiting = new TreeMap<>();
        outbox.known().forEach(receiver -> waiting.put(receiver, outbox.depth(receiver)));
        try {
            return Optional.of(new HostObservation(
                    clock.instant(),
                    disks.read(),
                    stale.map(feed -> feed.lastProbe().orElse(since)),
                    stale.map(FeedStatus::why).orElse(""),
                    spool.waiting().size(),
                    waiting,
                    containers.postgres().flatMap(images::read)));
        } catch (IOException e) {
            LOG.warn("cannot check the disks, the spool and the outbox: {}", e.toString());
            return Optional.empty();
        }
    }
}
