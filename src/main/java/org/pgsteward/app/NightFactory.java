package org.pgsteward.app;

import java.util.Optional;
import java.util.function.Function;
import org.pgsteward.backup.BackupNight;
import org.pgsteward.backup.DeadRuns;
import org.pgsteward.backup.RequestFiles;
import org.pgsteward.backup.Watchdog;
import org.pgsteward.backup.schedule.DueTargets;
import org.pgsteward.backup.schedule.Schedules;
import org.pgsteward.backup.underway.StuckRule;
import org.pgsteward.containers.Containers;

/** Factory of the classes that start backups, by schedule or request, and that end stuck runs. */
final class NightFactory {
    /** No labels: a command does not know the containers' labels. */
    static final Function<String, Optional<String>> NO_LABELS = service -> Optional.empty();

    private final Foundation base;
    private final JournalFactory journal;
    private final AlertFactory alert;
    private final BackupFactory backup;

    NightFactory(Foundation base, JournalFactory journal, AlertFactory alert, BackupFactory backup) {
        this.base = base;
        this.journal = journal;
        this.alert = alert;
        this.backup = backup;
    }

    /** @param schedule value of the schedule label, by service */
    BackupNight night(Function<String, Optional<String>> schedule) {
        DueTargets due = new DueTargets(
                backup.targets, journal.tables, backup.house, schedules(schedule), backup.deaths, base.clock);
        return new BackupNight(due, backup.pair, backup.sets, backup.verification, backup.runs);
    }

    Watchdog watchdog(BackupNight night, Runnable everyMinute) {
        return new Watchdog(
                backup.runs,
                backup.watch.stuck(),
                () -> new StuckRule.Others(backup.verification.makesWay(), night.othersAreDue()),
                journal.tables,
                alert.alerts,
                base.reporter,
                NightFactory::endProcess,
                everyMinute,
                base.clock);
    }

    DeadRuns deadRuns() {
        return new DeadRuns(
                journal.tables, journal.spool, base.locks(), backup.deaths, alert.alerts, base.reporter, base.clock);
    }

    RequestFiles requests() {
        return new RequestFiles(backup.asked, backup.house, base.json, base.clock);
    }

    static Function<String, Optional<String>> scheduleLabel(Containers containers) {
        return service -> containers.label(service, "pgsteward.backup.schedule");
    }

    /** @param schedule value of the schedule label, by service */
    Schedules schedules(Function<String, Optional<String>> schedule) {
        return new Schedules(backup.config.schedule(), backup.config.baseSchedule(), base.zone(), schedule);
    }

    /** Halts without shutdown hooks: the stuck run would block them too. */
    private static void endProcess() {
        Runtime.getRuntime().halt(1);
    }
}
