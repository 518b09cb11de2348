package org.pgsteward.backup.copy;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.pgsteward.alert.Reporter;
import org.pgsteward.backup.store.Store;
import org.pgsteward.journal.CopyRows;
import org.pgsteward.journal.CopyRows.Candidate;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupCopy;
import org.pgsteward.model.BackupState;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The rows and alerts about the results of one drill. */
final class DrillResults {
    private static final Logger LOG = LoggerFactory.getLogger(DrillResults.class);

    private final CopyTarget target;
    private final Store store;
    private final CopyRows rows;
    private final CopyAlerts alerts;
    private final Reporter reporter;
    private final List<String> damaged = new ArrayList<>();

    DrillResults(CopyTarget target, Store store, CopyRows rows, CopyAlerts alerts, Reporter reporter) {
        this.target = target;
        this.store = store;
        this.rows = rows;
        this.alerts = alerts;
        this.reporter = reporter;
    }

    /** Returns the ids of the damaged backups. */
    List<String> damaged() {
        return List.copyOf(damaged);
    }

    /** Records copies as damaged, except those that retention has removed meanwhile. */
    void damaged(List<Candidate> candidates, String found) throws SQLException {
        List<CopyAlerts.Damage> damage = new ArrayList<>();
        for (Candidate candidate : candidates) {
            BackupCopy copy = candidate.copy().orElseThrow();
            if (record(copy, copy.failed(found))) {
                damaged.add(candidate.backup().id());
                damage.add(new CopyAlerts.Damage(candidate.backup(), found, isHere(candidate.backup())));
            }
        }
        if (!damage.isEmpty()) {
            alerts.damaged(target, damage);
        }
    }

    private boolean isHere(Backup backup) {
        return backup.state() != BackupState.EXPIRED
                && backup.state() != BackupState.FAILED
                && store.problem(backup.path().orElseThrow(), backup.file().sizeBytes())
                        .isEmpty();
    }

    /** Records a result, unless retention removed the copy or a pass replaced it meanwhile. */
    boolean record(BackupCopy before, BackupCopy after) throws SQLException {
        boolean isSame = rows.of(target.name()).stream()
                .filter(Candidate::isThere)
                .flatMap(candidate -> candidate.copy().stream())
                .anyMatch(copy -> copy.eventId().equals(before.eventId())
                        && copy.copiedAt().equals(before.copiedAt()));
        if (isSame) {
            reporter.record(after);
            LOG.info(
                    "{}: checked the copy of {} at {}, now {}{}",
                    before.source().service(),
                    before.source().backupId(),
                    target.name(),
                    after.state().word(),
                    after.error().isEmpty() ? "" : ": " + after.error());
        }
        return isSame;
    }
}
