package org.pgsteward.app;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.util.Optional;
import org.pgsteward.alert.Outbox;
import org.pgsteward.backup.DeadRuns;
import org.pgsteward.backup.OverdueCheck;
import org.pgsteward.backup.copy.Copies;
import org.pgsteward.camel.BackupHealth;
import org.pgsteward.camel.CamelHealth;
import org.pgsteward.camel.ContainerRoutes;
import org.pgsteward.camel.Pipeline;
import org.pgsteward.camel.PostgresHealth;
import org.pgsteward.camel.docker.ContainerEvents;
import org.pgsteward.camel.docker.FeedHealth;
import org.pgsteward.camel.docker.RelistOnConnect;
import org.pgsteward.camel.docker.StewardDockerComponent;
import org.pgsteward.camel.lint.OldNames;
import org.pgsteward.camel.lint.RouteCheck;
import org.pgsteward.camel.lint.RouteFiles;
import org.pgsteward.camel.receivers.Delivery;
import org.pgsteward.config.EngineConfig;
import org.pgsteward.config.OldSettings;
import org.pgsteward.config.WebConfig;
import org.pgsteward.containers.Containers;
import org.pgsteward.containers.MemorySampler;
import org.pgsteward.engine.DockerEngine;
import org.pgsteward.engine.FeedTimings;
import org.pgsteward.monitor.CrashProbe;
import org.pgsteward.monitor.DatabaseSizes;
import org.pgsteward.monitor.ObservationReader;
import org.pgsteward.monitor.Watches;
import org.pgsteward.overview.DaemonReport;
import org.pgsteward.overview.OverviewReader;
import org.pgsteward.overview.ServiceHistoryReader;
import org.pgsteward.postgres.guard.ServerGuard;
import org.pgsteward.provision.ContainerWatch;
import org.pgsteward.web.FreshOverview;
import org.pgsteward.web.HttpServer;
import org.pgsteward.web.Metrics;
import org.pgsteward.web.ServicePage;
import org.pgsteward.web.StatusPage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Factory of the daemon, from the parts of all capabilities. */
final class DaemonFactory {
    private static final Logger LOG = LoggerFactory.getLogger(DaemonFactory.class);

    private final Wiring of;
    private final Foundation base;

    DaemonFactory(Wiring of, Foundation base) {
        this.of = of;
        this.base = base;
    }

    /** The daemon's parts beside its pipeline. */
    private record Parts(
            Pipeline pipeline,
            DockerEngine engine,
            OverviewReader overview,
            StewardDockerComponent docker,
            Metrics figures,
            Delivery delivery,
            DaemonReport report,
            ServerGuard guard,
            CrashProbe crashes,
            Watches watches,
            Copies copies) {}

    /** Returns the daemon with all its parts. It opens no connection and no port before {@link Daemon#start}. */
    Daemon daemon() throws IOException {
        of.postgres.server.daemon();
        of.backup.runs.recordIn(of.backup.deaths);
        Parts parts = parts();
        of.copies.exposed().values().forEach(LOG::warn);
        parts.pipeline.files(of.pipelines.routes(), RouteFiles.ALL, files -> {
            parts.watches.use(of.monitor.thresholds(files));
            OldNames.in(files).forEach(found -> LOG.warn("{}", found));
        });
        OldSettings.advice(base.settings).forEach(line -> LOG.warn("{}", line));
        FreshOverview overviews = new FreshOverview(parts.overview::look, parts.overview::remembered);
        StatusPage page = new StatusPage(overviews, base.zone());
        ServiceHistoryReader histories = new ServiceHistoryReader(of.postgres.server, base.clock, base.zone());
        ServicePage services = new ServicePage(overviews, histories::read, base.zone());
        WebConfig web = WebConfig.of(base.settings);
        InetSocketAddress address = new InetSocketAddress(web.host(), web.port());
        return new Daemon(
                parts.pipeline,
                parts.engine,
                new StateLeftovers(base.state(), Clock.systemUTC()),
                of.backup.house,
                parts.copies,
                parts.docker::hears,
                parts.delivery::reviewReceivers,
                parts.report,
                of.monitor.guardWatch(parts.guard, parts.crashes),
                () -> HttpServer.open(
                        address, new CamelHealth(parts.pipeline), parts.figures, page, services, base.json));
    }

    /** Returns the check whether route files would run in the daemon. */
    RouteCheck routeCheck() {
        try {
            return parts().pipeline.check();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Builds all objects that the daemon's routes refer to. */
    private Parts parts() throws IOException {
        DockerEngine engine = DockerEngine.at(EngineConfig.of(base.settings).host());
        Containers containers = of.provision.containers(engine);
        MemorySampler memory = new MemorySampler(engine, containers, base.clock);
        Watches watches = of.monitor.shippedWatches();
        ServerGuard guard = of.monitor.guard();
        CrashProbe crashes = new CrashProbe(engine, guard::clients);
        AlertFactory.LateReceivers receivers = new AlertFactory.LateReceivers();
        Outbox outbox = of.alert.outbox(receivers);
        ContainerWatch watch = new ContainerWatch(containers, of.provision.forDaemon(containers), base.reporter);
        StewardDockerComponent docker = new StewardDockerComponent(
                engine,
                base.clock,
                FeedTimings.USUAL,
                new RelistOnConnect(
                        () -> base.routeClient.submit(ContainerRoutes.CONNECTED, ""), containers::isComplete));
        DatabaseSizes databases = new DatabaseSizes(of.postgres.server::connectToLook, base.clock);
        Metrics figures = new Metrics(
                of.postgres.server,
                databases,
                containers,
                memory,
                docker::hears,
                of.alert.alerts,
                outbox,
                of.copies.statuses);
        OverdueCheck overdue = of.backupWatch.overdueCheck(containers);
        Delivery delivery = new Delivery();
        DaemonReport report = new DaemonReport(
                new DaemonReport.Sources(containers, memory, docker::trouble, delivery::failing, receivers),
                base.state(),
                base.json,
                base.clock);
        OverviewReader overview = of.overviews.reader(
                databases, () -> Optional.of(report.now()), NightFactory.scheduleLabel(containers), watches::storeDisk);
        ObservationReader looks = of.monitor.lookReader(engine, crashes, containers, docker, outbox);
        Copies copies = of.copies.copies(containers);
        DeadRuns dead = of.nights.deadRuns();
        HeapReturn heap = HeapReturn.ofThisProcess();
        Pipeline pipeline = of.pipelines
                .common(outbox, NightFactory.scheduleLabel(containers), () -> {
                    dead.look();
                    heap.look();
                })
                .routes(new ContainerRoutes(watch))
                .bean("docker", docker)
                .bean("containerEvents", new ContainerEvents())
                .bean("containerWatch", watch)
                .bean("monitor", of.monitor.monitor(looks, memory, of.monitor.postgresProbe(guard, engine), watches))
                .bean("overdue", overdue)
                .bean("overview", overview)
                .metrics(figures.registry())
                .bean("copies", copies)
                .bean("copyWatch", of.copies.watch(copies::lastFailure))
                .bean("retention", of.backupWatch.pruner(containers))
                .bean("reverification", of.backupWatch.reverification())
                .bean("interruptedVerifications", of.backupWatch.interrupted())
                .bean("requests", of.nights.requests())
                .health(new FeedHealth(docker))
                .health(new PostgresHealth(of.monitor.postgresProbe()))
                .health(new BackupHealth(of.journal.tables, overdue))
                .bean("delivery", delivery);
        of.alert.delivered(receivers, outbox, delivery, pipeline);
        return new Parts(
                pipeline, engine, overview, docker, figures, delivery, report, guard, crashes, watches, copies);
    }
}
