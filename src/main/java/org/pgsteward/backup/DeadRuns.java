package org.pgsteward.backup;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.pgsteward.alert.Alert;
import org.pgsteward.alert.AlertRegistry;
import org.pgsteward.alert.Reporter;
import org.pgsteward.backup.underway.ProcessDeaths;
import org.pgsteward.backup.underway.RunLock;
import org.pgsteward.journal.RunRows;
import org.pgsteward.journal.Spool;
import org.pgsteward.journal.Tables;
import org.pgsteward.model.BackupState;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Severity;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finishes the records and alerts of runs that died with their process: killed, out of memory or a power cut.
 *
 * <ol>
 *   <li>Closes the row of such a run as failed. Raises an alert for each service with such a newest run, since the row
 *       may have been closed by a command, which delivers no alerts.
 *   <li>Resolves the alert of a service if its newest run is good. A run writes its result into the journal before it
 *       raises or resolves its alert. For the same reason, raises the missing alert of a run that failed shortly before
 *       this process started.
 *   <li>Raises an alert for each service on hold: the daemon's process ended repeatedly during its runs.
 * </ol>
 */
public final class DeadRuns {
    /** The {@code kind} of the alert for a service on hold. */
    static final String ENDS_US = "backup-ends-pgsteward";

    /** The error text of such a run. The text also identifies the run in the journal. */
    static final String DIED = "its process ended before the backup was finished";

    /** The oldest end of a run to consider. An older run has had its alert, or its service is overdue by now. */
    private static final Duration NEWS = Duration.ofDays(1);

    /**
     * The longest time between such a run and the start of this process. A run writes its row seconds before its alert,
     * and the process is restarted afterwards.
     */
    private static final Duration BEFORE_START = Duration.ofMinutes(10);

    private static final Logger LOG = LoggerFactory.getLogger(DeadRuns.class);

    private final Tables tables;
    private final Spool spool;
    private final Path locks;
    private final ProcessDeaths deaths;
    private final AlertRegistry alerts;
    private final Reporter reporter;
    private final Clock clock;
    private final Instant started;
    private boolean compared;
    private Set<String> unattended = Set.of();

    public DeadRuns(
            Tables tables,
            Spool spool,
            Path locks,
            ProcessDeaths deaths,
            AlertRegistry alerts,
            Reporter reporter,
            Clock clock) {
        this.tables = tables;
        this.spool = spool;
        this.locks = locks;
        this.deaths = deaths;
        this.alerts = alerts;
        this.reporter = reporter;
        this.clock = clock;
        this.started = clock.instant();
    }

    /** Closes rows, raises and resolves alerts. Expects a call about once a minute. */
    public void look() {
        try {
            close();
            report();
            reportHeld();
        } catch (SQLException e) {
            tables.doubt(e);
            LOG.debug("cannot determine which backups died with their process: {}", e.getMessage());
        } catch (IOException e) {
            LOG.warn("cannot determine which backups died with their process: {}", e.getMessage());
        }
    }

    /**
     * Closes the rows of dead processes. A run releases its lock a moment before it writes the row of its result. So
     * its process counts as dead only if two checks in a row find the lock free and no row in the spool.
     */
    private void close() throws SQLException, IOException {
        Set<String> now = new HashSet<>();
        if (spool.waiting().isEmpty()) {
            for (String service : tables.runs().running()) {
                Optional<RunLock> lock = RunLock.take(locks, service);
                if (lock.isPresent()) {
                    try {
                        now.add(service);
                        if (unattended.contains(service)) {
                            tables.runs().closeRuns(service, DIED);
                            LOG.warn("{}: the process of a backup ended before the backup was finished", service);
                        }
                    } finally {
                        lock.get().close();
                    }
                }
            }
        }
        unattended = now;
    }

    private void report() throws SQLException {
        Map<String, Alert> firing = alerts.firing().stream()
                .filter(alert -> alert.kind().equals(BackupAlerts.FAILED))
                .collect(Collectors.toMap(Alert::service, Function.identity()));
        for (RunRows.Ended run : tables.runs().newestEnded(clock.instant().minus(NEWS))) {
            Alert alert = firing.get(run.service());
            if (alert != null && run.good() && run.at().isAfter(alert.last().at())) {
                raise(Condition.well(
                        BackupAlerts.FAILED, run.service(), run.backupId() + " is verified", clock.instant()));
            } else if (alert == null && run.error().equals(DIED)) {
                raise(bad(run, "failed: " + DIED + " (killed, out of memory or a power cut)"));
            } else if (alert == null && isUnreported(run)) {
                raise(bad(run, BackupAlerts.result(run.state(), run.error())));
            }
        }
        compared = true;
    }

    private void reportHeld() {
        for (Alert alert : alerts.firing()) {
            if (alert.kind().equals(ENDS_US)
                    && deaths.heldUntil(alert.service()).isEmpty()) {
                raise(Condition.well(ENDS_US, alert.service(), "backups of the service start again", clock.instant()));
            }
        }
        for (String service : deaths.held()) {
            deaths.heldUntil(service)
                    .ifPresent(until -> raise(Condition.bad(
                            Severity.CRITICAL,
                            ENDS_US,
                            service,
                            "pgsteward ended several times in a row while it backed up or verified " + service
                                    + "; the daemon starts no backup or verification of it before " + until,
                            "docker logs --tail 200 pgsteward   # OutOfMemoryError?\npgsteward backup " + service
                                    + "   # try it again now",
                            clock.instant())));
        }
    }

    private boolean isUnreported(RunRows.Ended run) {
        return !compared
                && (run.state().equals(BackupState.FAILED.word())
                        || run.state().equals(BackupState.UNVERIFIABLE.word()))
                && run.at().isBefore(started)
                && run.at().isAfter(started.minus(BEFORE_START));
    }

    private Condition bad(RunRows.Ended run, String how) {
        return BackupAlerts.bad(run.service(), run.kind(), run.backupId(), run.state(), how, clock.instant());
    }

    private void raise(Condition condition) {
        reporter.raise(condition);
    }
}
