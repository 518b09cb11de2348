package org.pgsteward.routing;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.pgsteward.alert.AlertBook;
import org.pgsteward.backup.RunLock;
import org.pgsteward.journal.Spool;
import org.pgsteward.journal.Tables;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Severity;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Closes the rows of backups whose process ended before they did (killed, out of memory, power cut) and raises an alert for
 * each service whose newest run ended so. That run could raise none itself, and the row may have been closed by a command
 * that delivers no alerts.
 */
public final class DeadRuns {
    /** Also the text in the journal, by which such a run is known. */
    static final String DIED = "the process that made it ended before it was done";

    /** What is older has had its alert, or is overdue by now. */
    private static final Duration NEWS = Duration.ofDays(1);

    private static final Logger LOG = LoggerFactory.getLogger(DeadRuns.class);

    private final Tables tables;
    private final Spool spool;
    private final Path locks;
    private final AlertBook alerts;
    private final Doors doors;
    private final Clock clock;
    private Set<String> unattended = Set.of();

    public DeadRuns(Tables tables, Spool spool, Path locks, AlertBook alerts, Doors doors, Clock clock) {
        this.tables = tables;
        this.spool = spool;
        this.locks = locks;
        this.alerts = alerts;
        this.doors = doors;
        this.clock = clock;
    }

    /** To be called about once a minute. */
    public void look() {
        try {
            close();
            raise();
        } catch (SQLException e) {
            tables.doubt(e);
            LOG.debug("cannot determine which backups died with their process: {}", e.getMessage());
        } catch (IOException e) {
            LOG.warn("cannot determine which backups died with their process: {}", e.getMessage());
        }
    }

    /**
     * A run gives back its lock a moment before the row that says how it ended is written. So its process is dead only if
     * the lock is free, and no row waits, at two looks in a row.
     */
    private void close() throws SQLException, IOException {
        Set<String> now = new HashSet<>();
        if (spool.waiting().isEmpty()) {
            for (String service : tables.running()) {
                Optional<RunLock> lock = RunLock.take(locks, service);
                if (lock.isPresent()) {
                    try {
                        now.add(service);
                        if (unattended.contains(service)) {
                            tables.closeRuns(service, DIED);
                            LOG.warn("{}: a backup's process ended before the backup did", service);
                        }
                    } finally {
                        lock.get().close();
                    }
                }
            }
        }
        unattended = now;
    }

    private void raise() throws SQLException {
        List<Tables.Died> died = tables.died(DIED, clock.instant().minus(NEWS));
        if (died.isEmpty()) {
            return;
        }
        Set<String> firing = new HashSet<>();
        alerts.firing().stream()
                .filter(alert -> alert.kind().equals(BackupDesk.FAILED))
                .forEach(alert -> firing.add(alert.service()));
        for (Tables.Died run : died) {
            if (!firing.contains(run.service())) {
                doors.ask(
                        "direct:alert-raise",
                        Condition.bad(
                                Severity.CRITICAL,
                                BackupDesk.FAILED,
                                run.service(),
                                "backup " + run.backupId() + " of " + run.service() + " failed: " + DIED
                                        + " (killed, out of memory or a power cut)",
                                "pgsteward backup "
                                        + (run.kind().equals("dump") ? run.service() : "--kind " + run.kind()),
                                clock.instant()));
            }
        }
    }
}
