package org.pgsteward.app;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.pgsteward.alert.Outbox;
import org.pgsteward.camel.docker.StewardDockerComponent;
import org.pgsteward.camel.lint.RouteFiles;
import org.pgsteward.containers.Containers;
import org.pgsteward.containers.MemorySampler;
import org.pgsteward.engine.DockerEngine;
import org.pgsteward.monitor.CatalogProbe;
import org.pgsteward.monitor.CrashProbe;
import org.pgsteward.monitor.DatabaseProbe;
import org.pgsteward.monitor.DiskProbe;
import org.pgsteward.monitor.ImageProbe;
import org.pgsteward.monitor.LogProbe;
import org.pgsteward.monitor.Monitor;
import org.pgsteward.monitor.MonitorRules;
import org.pgsteward.monitor.ObservationReader;
import org.pgsteward.monitor.OldLevels;
import org.pgsteward.monitor.PostgresProbe;
import org.pgsteward.monitor.ThresholdsFile;
import org.pgsteward.monitor.Watches;
import org.pgsteward.monitor.guard.GuardAlerts;
import org.pgsteward.monitor.guard.GuardWatch;
import org.pgsteward.postgres.guard.ServerGuard;

/** Factory of the probes, their rules, and the guard of PostgreSQL. */
final class MonitorFactory {
    private final Foundation base;
    private final PostgresFactory postgres;
    private final JournalFactory journal;
    private final AlertFactory alert;
    private final BackupFactory backup;

    MonitorFactory(
            Foundation base,
            PostgresFactory postgres,
            JournalFactory journal,
            AlertFactory alert,
            BackupFactory backup) {
        this.base = base;
        this.postgres = postgres;
        this.journal = journal;
        this.alert = alert;
        this.backup = backup;
    }

    DiskProbe diskProbe() {
        Map<String, Path> folders = new LinkedHashMap<>();
        folders.put(DiskProbe.STORE, backup.store.root());
        folders.put("state", base.state());
        folders.put("scratch", backup.scratch);
        postgres.config.data().ifPresent(folder -> folders.put(DiskProbe.POSTGRES_DATA, folder));
        return new DiskProbe(folders);
    }

    /** Returns watches with the shipped levels, which hold until the route files are read. */
    Watches shippedWatches() {
        return new Watches(ThresholdsFile.read(Optional.empty(), Map.of()));
    }

    MonitorRules thresholds(RouteFiles files) {
        return ThresholdsFile.read(files.thresholds(), oldLevels());
    }

    private Map<OldLevels.Old, String> oldLevels() {
        return OldLevels.among(base.settings.given().keySet(), base.settings::get);
    }

    ServerGuard guard() {
        return new ServerGuard(postgres.server, diskProbe().postgres());
    }

    GuardWatch guardWatch(ServerGuard guard, CrashProbe crashes) {
        GuardAlerts alerts = new GuardAlerts(
                guard,
                crash -> crashes.killed(postgres.config.containerName(), crash),
                alert.alerts,
                postgres.console(),
                base.reporter,
                base.clock);
        return new GuardWatch(guard, alerts, base.clock);
    }

    PostgresProbe postgresProbe() {
        return new PostgresProbe(postgres.server, base.clock);
    }

    PostgresProbe postgresProbe(ServerGuard guard, DockerEngine engine) {
        return PostgresProbe.withCrowd(postgres.server, base.clock, guard::connections, engine);
    }

    Monitor monitor(ObservationReader looks, MemorySampler memory, PostgresProbe probe, Watches watches) {
        return new Monitor(
                new Monitor.Sources(
                        memory::sample, probe::probe, looks::databases, looks::catalogs, looks::log, looks::host),
                watches,
                alert.alerts::firing,
                base.reporter);
    }

    ObservationReader lookReader(
            DockerEngine engine,
            CrashProbe crashes,
            Containers containers,
            StewardDockerComponent docker,
            Outbox outbox) {
        return new ObservationReader(
                new DatabaseProbe(postgres.server, base.clock),
                new CatalogProbe(postgres.server, base.clock),
                new LogProbe(engine, base.clock),
                crashes,
                containers,
                journal.tables,
                docker::feeds,
                diskProbe(),
                new ImageProbe(engine, base.clock),
                journal.spool,
                outbox,
                alert.alerts,
                base.clock);
    }
}
