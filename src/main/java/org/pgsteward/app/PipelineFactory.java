package org.pgsteward.app;

import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.pgsteward.alert.Outbox;
import org.pgsteward.backup.BackupNight;
import org.pgsteward.backup.copy.CopyPrograms;
import org.pgsteward.camel.BackupRoutes;
import org.pgsteward.camel.Pipeline;
import org.pgsteward.camel.edit.RouteSource;
import org.pgsteward.camel.lint.RouteCheck;
import org.pgsteward.camel.lint.RouteFiles;

/** Factory of pipelines: the part shared by the daemon and the commands, and the pipelines of commands. */
final class PipelineFactory {
    /** Route files for a command that only makes backups; the other files are not read. */
    private static final List<String> BACKUP_FILES =
            List.of("backup.camel.yaml", "alerts.camel.yaml", "receivers/*.camel.yaml");

    private static final List<String> COPY_FILES =
            List.of("copies/*.camel.yaml", "alerts.camel.yaml", "receivers/*.camel.yaml");

    private static final List<String> NOTIFICATION_FILES = List.of("alerts.camel.yaml", "receivers/*.camel.yaml");

    private final Foundation base;
    private final PostgresFactory postgres;
    private final JournalFactory journal;
    private final AlertFactory alert;
    private final BackupFactory backup;
    private final NightFactory nights;
    private final Supplier<RouteCheck> check;

    /** @param check supplies the check whether route files would run in the daemon */
    PipelineFactory(
            Foundation base,
            PostgresFactory postgres,
            JournalFactory journal,
            AlertFactory alert,
            BackupFactory backup,
            NightFactory nights,
            Supplier<RouteCheck> check) {
        this.base = base;
        this.postgres = postgres;
        this.journal = journal;
        this.alert = alert;
        this.backup = backup;
        this.nights = nights;
        this.check = check;
    }

    RouteSource routes() {
        return new RouteSource(base.daemon.routes(), base.state(), base.settings.forRoutes(), check);
    }

    /** Returns the pipeline of commands that make or verify backups. The daemon delivers their notifications. */
    Pipeline forBackups() {
        return forCommand(BACKUP_FILES);
    }

    /**
     * Returns the pipeline of commands that create or remove databases. They write journal rows and raise alerts as the
     * daemon does.
     */
    Pipeline forNotifications() {
        return forCommand(NOTIFICATION_FILES);
    }

    /** Returns the pipeline with the targets of copies. Its rows and alerts are those of a command. */
    Pipeline forCopies() {
        return forCommand(COPY_FILES);
    }

    /** Returns the pipeline that tries the receivers: their routes, and the routes and beans that these use. */
    Pipeline forReceivers() {
        return forCommand(RouteFiles::ofReceivers);
    }

    private Pipeline forCommand(List<String> files) {
        return forCommand(all -> all.only(files));
    }

    private Pipeline forCommand(UnaryOperator<RouteFiles> files) {
        AlertFactory.LateReceivers receivers = new AlertFactory.LateReceivers();
        Pipeline pipeline = common(alert.outbox(receivers), NightFactory.NO_LABELS, () -> {})
                .files(routes(), files);
        return alert.known(receivers, pipeline);
    }

    /**
     * Returns the common part of all pipelines.
     *
     * @param schedule value of the schedule label, by service
     * @param everyMinute further work of the watchdog
     */
    Pipeline common(Outbox outbox, Function<String, Optional<String>> schedule, Runnable everyMinute) {
        BackupNight night = nights.night(schedule);
        return new Pipeline(base.settings.forRoutes(), base.routeClient, base.redaction, base.clock)
                .routes(journal.routes(backup))
                .routes(new BackupRoutes())
                .copies(new CopyPrograms(base.state().resolve("copies"), base.settings::get))
                .bean("management", postgres.server.managementDatabase())
                .bean("backups", night)
                .watchdog(nights.watchdog(night, everyMinute))
                .bean("alerts", alert.alerts)
                .bean("outbox", outbox)
                .bean("messages", alert.messages());
    }
}
