package org.pgsteward.backup;

import java.io.IOException;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Function;
import org.pgsteward.alert.Reporter;
import org.pgsteward.backup.dump.DumpInProgress;
import org.pgsteward.backup.dump.Dumps;
import org.pgsteward.backup.schedule.BackupTarget;
import org.pgsteward.backup.schedule.Targets;
import org.pgsteward.backup.store.CardKeeper;
import org.pgsteward.backup.store.PartWriter;
import org.pgsteward.backup.verify.Verification;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupState;
import org.pgsteward.model.Condition;
import org.pgsteward.model.FirstCause;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes one backup: begin, record, write, finish, record, verify, record, notify. The daemon, the command and the
 * request file run the same steps. A failure at any step is recorded and raises an alert.
 */
public final class BackupRun {
    /** The longest wait for PostgreSQL. A restart of PostgreSQL, or the update of its container, takes less. */
    private static final Duration ABSENCE = Duration.ofMinutes(3);

    /** invalid_catalog_name: the database does not exist. */
    private static final String NO_DATABASE = "3D000";

    private static final String UNDER_WAY = "another run of this service is under way";

    private static final Logger LOG = LoggerFactory.getLogger(BackupRun.class);

    /** End of the id of a run that ended before its file was begun. */
    static final String NOT_BEGUN = "-not-begun";

    private final Dumps dumps;
    private final Targets targets;
    private final StartupRecovery house;
    private final PartWriter writer;
    private final Verification verification;
    private final SharedFiles shared;
    private final CardKeeper card;
    private final BackupAlerts notices;
    private final Reporter reporter;
    private final Clock clock;
    private final ShortAbsence absence = new ShortAbsence(ABSENCE);

    /** @param writer stores the stream of each dump */
    public BackupRun(
            Dumps dumps,
            Targets targets,
            StartupRecovery house,
            PartWriter writer,
            Verification verification,
            SharedFiles shared,
            CardKeeper card,
            BackupAlerts notices,
            Reporter reporter,
            Clock clock) {
        this.dumps = dumps;
        this.targets = targets;
        this.house = house;
        this.writer = writer;
        this.verification = verification;
        this.shared = shared;
        this.card = card;
        this.notices = notices;
        this.reporter = reporter;
        this.clock = clock;
    }

    /** Whether a run waits while PostgreSQL is unavailable for a short time, as during a restart. */
    public enum Patience {
        /** The backups of a night wait, since no operator is present to retry them. */
        WAITS,
        /** A backup that an operator requested fails at once. */
        FAILS_AT_ONCE
    }

    /**
     * The end of a run.
     *
     * @param backup its last state
     * @param underWay whether no backup was made because another run of the same target is under way
     */
    public record Outcome(Backup backup, boolean underWay) {}

    /** Backs up one target. */
    public Outcome run(BackupTarget target, Patience patience) {
        Outcome dumped = dump(target, patience);
        Backup made = dumped.backup();
        if (made.state() == BackupState.FAILED) {
            return dumped;
        }
        if (made.state() != BackupState.MADE || made.verification().inStream()) {
            // The card is usually written after the verification. This backup needs none after its dump.
            card.write();
        }
        reporter.record(made);
        if (made.state() == BackupState.VERIFIED) {
            notices.raise(made, true);
            return dumped;
        }
        return new Outcome(verify(made, true, judged -> Optional.empty()), false);
    }

    /** Raises a condition beside the usual alerts of a run. */
    void raise(Condition condition) {
        reporter.raise(condition);
    }

    /** Verifies a stored backup again. */
    public Backup verify(Backup stored) {
        return verify(stored, false, judged -> Optional.empty());
    }

    /**
     * Verifies a stored backup again.
     *
     * @param special returns the condition to report in place of the usual alerts; empty for the usual ones
     */
    Backup verify(Backup stored, Function<Backup, Optional<Condition>> special) {
        return verify(stored, false, special);
    }

    private Backup verify(Backup stored, boolean isNew, Function<Backup, Optional<Condition>> special) {
        try {
            Backup judged = verification.verify(stored);
            reporter.record(judged);
            special.apply(judged).ifPresentOrElse(reporter::raise, () -> notices.raise(judged, isNew));
            return judged;
        } catch (Throwable e) {
            LOG.error("{}: cannot finish the verification of {}: {}", stored.service(), stored.id(), FirstCause.of(e));
            if (e instanceof InterruptedException) {
                Thread.currentThread().interrupt();
            }
            return stored.judged(BackupState.UNVERIFIABLE, clock.instant(), Duration.ZERO, FirstCause.of(e));
        }
    }

    /** Returns the stored backup or the failed one. The lock and the snapshot are already released. */
    private Outcome dump(BackupTarget target, Patience patience) {
        Optional<DumpInProgress> begun;
        try {
            house.requireStore();
            begun = begin(target, patience);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Outcome(notBegun(target, "the backup was interrupted", clock.instant()), false);
        } catch (Throwable e) {
            return isGone(target, e)
                    ? aside(target, "database " + target.database() + " no longer exists", false)
                    : new Outcome(
                            failed(notBegun(target, "cannot start the backup: " + ownWords(e), clock.instant())),
                            false);
        }
        return begun.map(run -> new Outcome(store(run), false)).orElseGet(() -> aside(target, UNDER_WAY, true));
    }

    private Optional<DumpInProgress> begin(BackupTarget target, Patience patience)
            throws IOException, SQLException, InterruptedException {
        while (true) {
            try {
                Optional<DumpInProgress> begun = dumps.begin(target);
                absence.over();
                return begun;
            } catch (SQLException e) {
                if (patience == Patience.FAILS_AT_ONCE || !absence.isToTryAgain(e)) {
                    throw e;
                }
            }
        }
    }

    private Backup store(DumpInProgress run) {
        Throwable cause;
        try {
            reporter.record(run.started());
            writer.write(run.partPath(), run.stream());
            Backup made = run.finish();
            reportDamage(run);
            logWarnings(made, run);
            return made;
        } catch (Throwable e) {
            cause = e;
        } finally {
            release(run);
        }
        // The row and the notification are files, and an interrupted thread cannot write a file.
        boolean interrupted = Thread.interrupted() || cause instanceof InterruptedException;
        try {
            return failed(run.failed(run.cancelled().orElse(FirstCause.of(cause))));
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Reports a damaged file that the dump found. Throws no exception, since the backup is already stored. */
    private void reportDamage(DumpInProgress run) {
        try {
            run.damaged().ifPresent(found -> shared.damaged(found.backup(), found.error()));
        } catch (RuntimeException e) {
            LOG.error(
                    "{}: cannot report the damage of its last backup: {}",
                    run.started().service(),
                    FirstCause.of(e));
        }
    }

    /** Logs the warnings of the dump. Throws no exception, since the backup is already stored. */
    private static void logWarnings(Backup made, DumpInProgress run) {
        try {
            String warnings = run.warnings();
            if (!warnings.isEmpty()) {
                LOG.warn("backup {} was made with warnings: {}", made.id(), warnings);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void release(DumpInProgress run) {
        try {
            run.close();
        } catch (IOException e) {
            LOG.error("{}: cannot clean up after the run: {}", run.started().id(), FirstCause.of(e));
        }
    }

    /** Records a failure and raises its alert, even if the record cannot be written. */
    private Backup failed(Backup failed) {
        LOG.error("backup of {} failed: {}", failed.service(), failed.error());
        try {
            reporter.record(failed);
        } finally {
            notices.raiseFailure(failed);
        }
        return failed;
    }

    /** Returns a failed backup without a file. No record and no alert is written. */
    private Outcome aside(BackupTarget target, String because, boolean underWay) {
        LOG.info("{}: backup not started: {}", target.service(), because);
        return new Outcome(notBegun(target, because, clock.instant()), underWay);
    }

    /** Returns whether the database was dropped or renamed since it was listed. */
    private boolean isGone(BackupTarget target, Throwable refused) {
        if (!(refused instanceof SQLException sql) || !NO_DATABASE.equals(sql.getSQLState())) {
            return false;
        }
        try {
            return targets.all(target.kind()).stream()
                    .noneMatch(found -> found.target().database().equals(target.database()));
        } catch (SQLException e) {
            return false;
        }
    }

    /** Returns a failed backup without a file. */
    static Backup notBegun(BackupTarget target, String because, Instant at) {
        return Backup.starting(target.service() + NOT_BEGUN, target.service(), target.database(), target.kind(), at, "")
                .inSet(target.setId())
                .withImage(target.image())
                .failed(at, Duration.ZERO, because);
    }

    /** Returns the text of pgsteward's own exception, which is clearer than its cause. */
    private static String ownWords(Throwable thrown) {
        return thrown instanceof Error || thrown.getMessage() == null ? FirstCause.of(thrown) : thrown.getMessage();
    }
}
