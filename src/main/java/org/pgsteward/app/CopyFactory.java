package org.pgsteward.app;

import org.pgsteward.backup.copy.Copies;
import org.pgsteward.backup.copy.CopyAlerts;
import org.pgsteward.backup.copy.CopyDocuments;
import org.pgsteward.backup.copy.CopyPass;
import org.pgsteward.backup.copy.CopyTargets;
import org.pgsteward.camel.copies.CopyRoutes;
import org.pgsteward.config.CopyConfig;
import org.pgsteward.containers.Containers;

/** Factory of the copies of backups at second places. */
final class CopyFactory {
    final CopyTargets targets;
    private final Foundation base;
    private final JournalFactory journal;
    private final AlertFactory alert;
    private final BackupFactory backup;
    private final BackupWatchFactory backupWatch;

    CopyFactory(
            Foundation base,
            JournalFactory journal,
            AlertFactory alert,
            BackupFactory backup,
            BackupWatchFactory backupWatch) {
        this.base = base;
        this.journal = journal;
        this.alert = alert;
        this.backup = backup;
        this.backupWatch = backupWatch;
        targets = new CopyRoutes(base.routeClient, name -> CopyConfig.target(base.settings, name), base.redaction);
    }

    CopyPass pass() {
        return new CopyPass(
                backup.store,
                backup.config.keys(),
                journal.copies,
                backup.watch.shrink(),
                new CopyDocuments(backup.store),
                base.reporter,
                base.zone(),
                base.clock);
    }

    Copies copies(Containers containers) {
        return new Copies(
                targets,
                pass(),
                new CopyAlerts(alert.alerts, base.reporter, base.clock),
                backupWatch.keeps(containers),
                backup.house,
                base.clock);
    }
}
