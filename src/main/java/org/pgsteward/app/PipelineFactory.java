package org.pgsteward.app;

import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.pgsteward.alert.Outbox;
import org.pgsteward.backup.BackupNight;
import org.pgsteward.camel.BackupRoutes;
import org.pgsteward.camel.Pipeline;
import org.pgsteward.camel.edit.RouteSource;
import org.pgsteward.camel.lint.RouteCheck;

/** Builds pipelines: the part that the daemon and commands share, and those of commands. */
final class PipelineFactory {
    /** What a command needs that only backs up: the rest of the pipeline stays unread. */
    private static final List<String> BACKUP_FILES =
            List.of("backup.camel.yaml", "alerts.camel.yaml", "receivers/*.camel.yaml");

    private static final List<String> TELLING_FILES = List.of("alerts.camel.yaml", "receivers/*.camel.yaml");

    private final Foundation base;
    private final PostgresFactory postgres;
    private final JournalFactory journal;
    private final AlertFactory alert;
    private final BackupFactory backup;
    private final NightFactory nights;
    private final Supplier<RouteCheck> check;

    /** @param check whether route files would run in the daemon */
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

    /** What a command needs that makes or proves backups; what it has to tell, the daemon delivers. */
    Pipeline forBackups() {
        return forCommand(BACKUP_FILES);
    }

    /** What a command needs that gives databases or takes them away: it writes down and tells as the daemon does. */
    Pipeline forNotifications() {
        return forCommand(TELLING_FILES);
    }

    private Pipeline forCommand(List<String> files) {
        AlertFactory.LateReceivers receivers = new AlertFactory.LateReceivers();
        Pipeline pipeline = common(alert.outbox(receivers), NightFactory.NO_LABELS, () -> {})
                .files(routes(), files);
        return alert.known(receivers, pipeline);
    }

    /**
     * What every pipeline has.
     *
     * @param schedule the label's value, by service
     */
    Pipeline common(Outbox outbox, Function<String, Optional<String>> schedule, Runnable everyMinute) {
        BackupNight night = nights.night(schedule);
        return new Pipeline(base.settings.forRoutes(), base.routeClient, base.redaction, base.clock)
                .routes(journal.routes(backup))
                .routes(new BackupRoutes())
                .bean("management", postgres.server.managementDatabase())
                .bean("backups", night)
                .watchdog(nights.watchdog(night, everyMinute))
                .bean("alerts", alert.alerts)
                .bean("outbox", outbox)
                .bean("messages", alert.messages());
    }
}
