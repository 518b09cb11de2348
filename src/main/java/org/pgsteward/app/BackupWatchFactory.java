package org.pgsteward.app;

import java.util.Optional;
import org.pgsteward.backup.InterruptedVerifications;
import org.pgsteward.backup.MissingBackups;
import org.pgsteward.backup.OverdueCheck;
import org.pgsteward.backup.Reverification;
import org.pgsteward.backup.restore.KeptDatabaseRule;
import org.pgsteward.backup.retention.Pinning;
import org.pgsteward.backup.retention.PlannedRetention;
import org.pgsteward.backup.retention.Pruner;
import org.pgsteward.backup.retention.RetentionSettings;
import org.pgsteward.backup.schedule.OverdueRule;
import org.pgsteward.backup.schedule.Schedules;
import org.pgsteward.backup.store.StoreView;
import org.pgsteward.config.BackupWatchConfig;
import org.pgsteward.containers.Containers;
import org.pgsteward.overview.OverviewReader;

/** Factory of retention, re-verification, and the check for overdue backups. */
final class BackupWatchFactory {
    private final Foundation base;
    private final PostgresFactory postgres;
    private final JournalFactory journal;
    private final AlertFactory alert;
    private final BackupFactory backup;
    private final NightFactory nights;
    private final BackupWatchConfig watch;
    private final OverdueRule overdue;
    private final StoreView holdings;

    BackupWatchFactory(
            Foundation base,
            PostgresFactory postgres,
            JournalFactory journal,
            AlertFactory alert,
            BackupFactory backup,
            NightFactory nights) {
        this.base = base;
        this.postgres = postgres;
        this.journal = journal;
        this.alert = alert;
        this.backup = backup;
        this.nights = nights;
        watch = backup.watch;
        overdue = new OverdueRule(watch.overdueGrace(), base.zone());
        holdings = new StoreView(backup.store);
    }

    OverdueCheck overdueCheck(Containers containers) {
        return new OverdueCheck(
                backup.targets,
                journal.rows,
                journal.tables.runs(),
                backup.house,
                nights.schedules(NightFactory.scheduleLabel(containers)),
                overdue,
                alert.alerts,
                holdings,
                new KeptDatabaseRule(watch.forgottenAfter(), postgres.statementCommand()),
                new MissingBackups(backup.store, journal.rows, alert.alerts, base.clock),
                base.reporter,
                base.clock);
    }

    /** Returns the policies of the store. */
    RetentionSettings keeps(Containers containers) {
        return new RetentionSettings(
                journal.rows, containers::has, service -> containers.label(service, "pgsteward.backup.keep"));
    }

    Pruner pruner(Containers containers) {
        return new Pruner(
                backup.store,
                journal.rows,
                journal.spool,
                backup.house,
                plans(keeps(containers)),
                backup.sets,
                backup.card,
                base.locks(),
                base.reporter,
                base.clock);
    }

    /** Returns the plans for a command. It knows no containers, so the label of each last container applies. */
    PlannedRetention plans() {
        return plans(new RetentionSettings(journal.rows, service -> false, service -> Optional.empty()));
    }

    private PlannedRetention plans(RetentionSettings keeps) {
        return new PlannedRetention(holdings, keeps, watch.shrink(), base.zone(), base.clock);
    }

    Pinning pinning() {
        return new Pinning(backup.store, journal.rows, base.locks(), base.clock);
    }

    Reverification reverification() {
        return new Reverification(
                backup.store,
                holdings,
                backup.shared,
                journal.rows,
                backup.house,
                backup.verification,
                backup.deaths,
                alert.alerts,
                base.reporter,
                base.clock);
    }

    InterruptedVerifications interrupted() {
        return new InterruptedVerifications(
                backup.house,
                journal.rows,
                holdings,
                backup.verification,
                backup.runs,
                backup.deaths,
                base.state(),
                backup.backups,
                backup.notices,
                base.reporter,
                base.clock);
    }

    /** Returns the age limit of a service's newest verified backup, by the default schedule. */
    OverviewReader.Age age() {
        Schedules usual = nights.schedules(NightFactory.NO_LABELS);
        return (service, at, now) -> usual.tooOld(overdue, service, at, now);
    }
}
