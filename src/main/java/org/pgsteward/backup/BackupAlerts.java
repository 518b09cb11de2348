package org.pgsteward.backup;

import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.pgsteward.alert.Reporter;
import org.pgsteward.journal.Tables;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupKind;
import org.pgsteward.model.BackupState;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Severity;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The alerts of a backup: it is not verified, it is much smaller than the previous one, or it cannot be restored in
 * full.
 */
public final class BackupAlerts {
    /** The {@code kind} of the alert for a backup that is not verified. */
    public static final String FAILED = "backup-failed";

    /** The name of the figure in alerts about a stored backup. A later run is not needed to resolve such an alert. */
    public static final String STORED = "path";

    private static final Logger LOG = LoggerFactory.getLogger(BackupAlerts.class);

    private final Tables tables;
    private final ShrinkCheck shrink;
    private final CaveatCheck caveats;
    private final Reporter reporter;
    private final Clock clock;

    public BackupAlerts(Tables tables, ShrinkCheck shrink, CaveatCheck caveats, Reporter reporter, Clock clock) {
        this.tables = tables;
        this.shrink = shrink;
        this.caveats = caveats;
        this.reporter = reporter;
        this.clock = clock;
    }

    /**
     * Raises or resolves the alerts that follow from the verification of a backup.
     *
     * @param isNew whether the backup was made just now; the alert about an older backup contains the path of its file
     */
    void raise(Backup backup, boolean isNew) {
        Condition verified = condition(laterFailure(backup).orElse(backup));
        reporter.raise(isNew ? verified : withPath(verified, backup));
        shrink.condition(backup).ifPresent(reporter::raise);
        caveats.condition(backup).ifPresent(reporter::raise);
    }

    /** Raises the alert for a run that failed. */
    void raiseFailure(Backup failed) {
        reporter.raise(condition(failed));
    }

    private static Condition withPath(Condition condition, Backup backup) {
        if (condition.severity().isEmpty() || backup.path().isEmpty()) {
            return condition;
        }
        Map<String, Object> figures = new LinkedHashMap<>(condition.figures());
        figures.put(STORED, backup.path().get());
        return condition.with(figures);
    }

    /**
     * Returns the newest run if it failed and began after {@code backup}. The verification of an older backup must not
     * resolve the alert of that failure.
     */
    private Optional<Backup> laterFailure(Backup backup) {
        if (backup.state() != BackupState.VERIFIED) {
            return Optional.empty();
        }
        try {
            return tables.runs()
                    .newestRun(backup.service(), backup.source().database(), backup.kind())
                    .filter(newest -> newest.state() == BackupState.FAILED)
                    .filter(newest ->
                            newest.times().startedAt().isAfter(backup.times().startedAt()));
        } catch (SQLException e) {
            LOG.warn("{}: cannot read the newest run: {}", backup.service(), e.getMessage());
            return Optional.empty();
        }
    }

    private Condition condition(Backup backup) {
        if (backup.state() == BackupState.VERIFIED) {
            return Condition.well(FAILED, backup.service(), backup.id() + " is verified", clock.instant());
        }
        if (backup.state() == BackupState.MADE && backup.verification().inStream()) {
            return Condition.well(
                    FAILED, backup.service(), backup.id() + " was verified before its encryption", clock.instant());
        }
        return bad(
                        backup.service(),
                        backup.kind().word(),
                        backup.id(),
                        backup.state().word(),
                        result(backup.state().word(), backup.error()),
                        clock.instant())
                .with(Map.of("dump_seconds", backup.times().dumpTime().toMillis() / 1000.0));
    }

    /**
     * Returns the alert for a run that ended without a verified backup. The failure of a base backup is a warning only,
     * since each database is dumped as well.
     *
     * @param kind as in the journal
     * @param state as in the journal
     * @param result the end of the sentence, such as {@code failed: disk full}
     */
    static Condition bad(String service, String kind, String backupId, String state, String result, Instant at) {
        boolean critical = state.equals(BackupState.FAILED.word()) && !kind.equals(BackupKind.BASE.word());
        return Condition.bad(
                critical ? Severity.CRITICAL : Severity.WARNING,
                FAILED,
                service,
                subject(service, BackupKind.of(kind), backupId) + " " + result
                        + (kind.equals(BackupKind.BASE.word()) ? "; each database is dumped besides" : ""),
                BackupKind.of(kind).commandAfterFailure(service),
                at);
    }

    /** Returns the backup in words. A run that ended before its file was begun has no name that an operator could use. */
    private static String subject(String service, BackupKind kind, String backupId) {
        String what = switch (kind) {
            case DUMP -> "the backup of " + service;
            case GLOBALS -> "the backup of roles and passwords";
            case BASE -> "the base backup";
        };
        return backupId.endsWith(BackupRun.NOT_BEGUN) ? what : what + " (" + backupId + ")";
    }

    /** Returns the end of the sentence for a state of the journal: {@code failed: disk full}. */
    static String result(String state, String error) {
        return (state.equals(BackupState.FAILED.word()) ? "" : "is ") + state + ": " + error;
    }
}
