package org.pgsteward.app;

import java.io.IOException;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.pgsteward.alert.RecentIncidents;
import org.pgsteward.doctor.Examination;
import org.pgsteward.doctor.ProgramsCheck;
import org.pgsteward.engine.DockerEngine;
import org.pgsteward.monitor.DatabaseMetrics;
import org.pgsteward.monitor.HostObservation;
import org.pgsteward.monitor.Watches;
import org.pgsteward.overview.DaemonReport;
import org.pgsteward.overview.DaemonStatus;
import org.pgsteward.overview.HostSummaryReader;
import org.pgsteward.overview.OverviewReader;
import org.pgsteward.provision.Provisioner;

/** Factory of the overview reader and of the doctor. */
final class OverviewFactory {
    private final Foundation base;
    private final PostgresFactory postgres;
    private final JournalFactory journal;
    private final AlertFactory alert;
    private final NightFactory nights;
    private final BackupWatchFactory backupWatch;
    private final ProvisionFactory provision;
    private final MonitorFactory monitor;
    private final CopyFactory copies;

    OverviewFactory(
            Foundation base,
            PostgresFactory postgres,
            JournalFactory journal,
            AlertFactory alert,
            NightFactory nights,
            BackupWatchFactory backupWatch,
            ProvisionFactory provision,
            MonitorFactory monitor,
            CopyFactory copies) {
        this.base = base;
        this.postgres = postgres;
        this.journal = journal;
        this.alert = alert;
        this.nights = nights;
        this.backupWatch = backupWatch;
        this.provision = provision;
        this.monitor = monitor;
        this.copies = copies;
    }

    /** Returns a reader for commands, which know the daemon's state from its report file. */
    OverviewReader reader() {
        return reader(
                DatabaseMetrics::read,
                () -> DaemonReport.read(base.state(), base.json),
                NightFactory.NO_LABELS,
                since -> monitor.diskProbe().store());
    }

    /**
     * Returns a reader.
     *
     * @param databases reads the databases
     * @param schedule value of the schedule label, by service
     * @param storeDisk returns the disk of the store, if it was read after the given time
     */
    OverviewReader reader(
            DatabaseMetrics.Source databases,
            Supplier<Optional<DaemonStatus>> daemon,
            Function<String, Optional<String>> schedule,
            Function<Instant, Optional<HostObservation.Disk>> storeDisk) {
        return new OverviewReader(
                postgres.server,
                databases,
                base.state(),
                base.json,
                alert.alerts,
                alert.silences,
                daemon,
                new HostSummaryReader(
                        new RecentIncidents(alert.history),
                        nights.schedules(schedule),
                        storeDisk,
                        copies.statuses,
                        copies::exposed),
                backupWatch.age(),
                postgres.typing,
                base.clock,
                base.zone());
    }

    /** @param watches supplies the levels in force */
    Examination doctor(DockerEngine engine, Provisioner provisioner, Supplier<Watches> watches) throws IOException {
        return new Examination(
                postgres.server,
                engine,
                provision.containers(engine),
                provisioner,
                provision.discovery(),
                journal.tables,
                monitor.diskProbe(),
                journal.spool,
                watches,
                new ProgramsCheck(postgres.server, postgres.programs()),
                alert.alerts,
                copies::exposed,
                postgres.typing,
                base.clock);
    }
}
