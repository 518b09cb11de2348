package org.pgsteward.backup.schedule;

import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.pgsteward.backup.underway.ProcessDeaths;
import org.pgsteward.journal.Readiness;
import org.pgsteward.journal.RunRows;
import org.pgsteward.journal.Tables;
import org.pgsteward.model.BackupKind;
import org.pgsteward.model.BackupState;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Finds the due targets, from the journal and the schedules. */
public final class DueTargets {
    /** The number of attempts to make one base backup, scheduled or requested. */
    public static final int BASE_TRIES = 3;

    private static final Logger LOG = LoggerFactory.getLogger(DueTargets.class);

    private final Targets targets;
    private final Tables tables;
    private final Readiness house;
    private final Schedules schedules;
    private final ProcessDeaths deaths;
    private final Clock clock;

    public DueTargets(
            Targets targets, Tables tables, Readiness house, Schedules schedules, ProcessDeaths deaths, Clock clock) {
        this.targets = targets;
        this.tables = tables;
        this.house = house;
        this.schedules = schedules;
        this.deaths = deaths;
        this.clock = clock;
    }

    /** Returns the due targets in the order of their backups; empty while PostgreSQL is unavailable. */
    public List<BackupTarget> find() {
        try {
            house.order();
            return inOrder(clock.instant());
        } catch (SQLException e) {
            return unknown(e);
        }
    }

    /** Returns whether any target is due. */
    public boolean isAny() {
        try {
            return !inOrder(clock.instant()).isEmpty();
        } catch (SQLException e) {
            return !unknown(e).isEmpty();
        }
    }

    /** Returns no targets. The absence of PostgreSQL raises an alert of its own. */
    private List<BackupTarget> unknown(SQLException e) {
        tables.doubt(e);
        LOG.warn("cannot determine which backups are due: {}", e.getMessage());
        return List.of();
    }

    private List<BackupTarget> inOrder(Instant now) throws SQLException {
        List<DueBackups.Due> due = new ArrayList<>(DueBackups.inOrder(ofKind(BackupKind.DUMP, now, false)));
        // A new service has a new role. Without the globals, its dump cannot be restored on another server.
        boolean isNew = due.stream().anyMatch(one -> one.lastStarted().equals(Instant.EPOCH));
        due.addAll(ofKind(BackupKind.GLOBALS, now, isNew));
        if (schedules.hasBase()) {
            due.addAll(ofKind(BackupKind.BASE, now, false));
        }
        return DueBackups.apart(due, deaths::isSuspected).stream()
                .map(DueBackups.Due::target)
                .toList();
    }

    /** @param regardless whether they are due regardless of their schedule */
    private List<DueBackups.Due> ofKind(BackupKind kind, Instant now, boolean regardless) throws SQLException {
        Map<String, RunRows.LastRun> runs = tables.runs().lastRuns(kind.word(), now);
        List<DueBackups.Due> due = new ArrayList<>();
        for (Targets.Found found : targets.all(kind)) {
            String service = found.target().service();
            if (deaths.heldUntil(service).isPresent()) {
                continue;
            }
            RunRows.LastRun last = runs.get(service);
            // A database without any backup is due at once, not at the next time of its schedule.
            Instant since = last == null ? Instant.EPOCH : last.startedAt();
            int failures = last != null && "failed".equals(last.state()) && isTriedAgain(kind)
                    ? Math.max(1, tables.runs().failuresInARow(service))
                    : 0;
            boolean unverifiable = last != null && last.state().equals(BackupState.UNVERIFIABLE.word());
            Schedule schedule = schedules.of(kind, service);
            if (regardless || DueBackups.isDue(schedule, since, failures, unverifiable, now)) {
                due.add(new DueBackups.Due(found.target(), unverifiable, since));
            }
        }
        return due;
    }

    /**
     * Returns whether a failed backup is retried. Most base backups fail for a cause that lasts until an operator acts,
     * and each attempt is expensive.
     */
    private boolean isTriedAgain(BackupKind kind) throws SQLException {
        return kind != BackupKind.BASE || tables.runs().failuresInARow(Targets.BASE) % BASE_TRIES != 0;
    }
}
