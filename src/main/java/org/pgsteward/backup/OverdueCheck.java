package org.pgsteward.backup;

import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.pgsteward.alert.Alert;
import org.pgsteward.alert.AlertRegistry;
import org.pgsteward.alert.Reporter;
import org.pgsteward.backup.restore.KeptDatabaseRule;
import org.pgsteward.backup.schedule.BackupTarget;
import org.pgsteward.backup.schedule.OverdueRule;
import org.pgsteward.backup.schedule.Schedule;
import org.pgsteward.backup.schedule.Schedules;
import org.pgsteward.backup.schedule.Targets;
import org.pgsteward.backup.store.StoreView;
import org.pgsteward.journal.BackupRows;
import org.pgsteward.journal.RunRows;
import org.pgsteward.model.BackupKind;
import org.pgsteward.model.Condition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Checks that each target has a verified backup in time. It lists the targets in PostgreSQL and reads the results from
 * the journal. It uses no class that makes backups, so a fault there cannot hide a missing backup. While PostgreSQL is
 * unavailable, it applies the time that has passed to the last values it read.
 */
public final class OverdueCheck {
    private static final Logger LOG = LoggerFactory.getLogger(OverdueCheck.class);

    private final Targets targets;
    private final BackupRows rows;
    private final RunRows runs;
    private final StartupRecovery house;
    private final Schedules schedules;
    private final OverdueRule rule;
    private final AlertRegistry alerts;
    private final GoneDatabases gone;
    private final KeptDatabaseRule forgotten;
    private final MissingBackups missing;
    private final Reporter reporter;
    private final Clock clock;

    /** The time at which this process first saw each database without a known enrolment time. */
    private final Map<String, Instant> firstSeen = new ConcurrentHashMap<>();

    private volatile List<Read> last = List.of();

    public OverdueCheck(
            Targets targets,
            BackupRows rows,
            RunRows runs,
            StartupRecovery house,
            Schedules schedules,
            OverdueRule rule,
            AlertRegistry alerts,
            StoreView holdings,
            KeptDatabaseRule forgotten,
            MissingBackups missing,
            Reporter reporter,
            Clock clock) {
        this.missing = missing;
        this.reporter = reporter;
        this.forgotten = forgotten;
        this.targets = targets;
        this.rows = rows;
        this.runs = runs;
        this.house = house;
        this.schedules = schedules;
        this.rule = rule;
        this.alerts = alerts;
        this.gone = new GoneDatabases(alerts, house, holdings, clock);
        this.clock = clock;
    }

    private record Read(BackupTarget target, Optional<Instant> lastVerified, Instant since) {}

    /** Raises an alert for each target without a verified backup in time. Resolves the alerts of dropped databases. */
    public void report() {
        look().forEach(reporter::raise);
    }

    /** Returns a condition for each target, and one for each alert about a dropped database. */
    private List<Condition> look() {
        boolean fresh = true;
        try {
            read();
        } catch (SQLException e) {
            LOG.debug(
                    "cannot read the newest backups, so the overdue check uses the previous reading: {}",
                    e.getMessage());
            fresh = false;
        }
        List<Condition> conditions =
                new ArrayList<>(last.stream().map(this::judge).toList());
        if (fresh) {
            Set<String> known =
                    last.stream().map(read -> read.target().service()).collect(Collectors.toSet());
            alerts.firing().stream()
                    .filter(alert -> alert.kind().equals(OverdueRule.KIND))
                    .map(Alert::service)
                    .filter(service -> !known.contains(service))
                    .map(service ->
                            Condition.well(OverdueRule.KIND, service, "its database no longer exists", clock.instant()))
                    .forEach(conditions::add);
            conditions.addAll(gone.conditions(known));
            conditions.addAll(forgotten());
            conditions.addAll(missing());
        }
        return conditions;
    }

    /** Returns the conditions of databases that restores made or kept. */
    private List<Condition> forgotten() {
        try {
            List<String> firing = alerts.firing().stream()
                    .filter(alert -> alert.kind().equals(KeptDatabaseRule.KIND))
                    .map(Alert::service)
                    .toList();
            return forgotten.judge(targets.kept(), firing, clock.instant());
        } catch (SQLException e) {
            LOG.debug("cannot list the databases that restores kept: {}", e.getMessage());
            return List.of();
        }
    }

    private List<Condition> missing() {
        try {
            return missing.look();
        } catch (SQLException e) {
            LOG.debug("cannot check whether the newest backups are in the store: {}", e.getMessage());
            return List.of();
        }
    }

    /** Returns the conditions of overdue targets, without base backups, since every database is dumped as well. */
    public List<Condition> overdue() throws SQLException {
        read();
        return last.stream()
                .filter(read -> read.target().kind() != BackupKind.BASE)
                .map(this::judge)
                .filter(condition -> condition.severity().isPresent())
                .toList();
    }

    /**
     * Previous name of {@link #areAllVerified}, for one more version: an edited {@code ping.camel.yaml} may still call it.
     *
     * @deprecated call {@link #areAllVerified}
     */
    @Deprecated(forRemoval = true)
    public boolean isAllProved() {
        return areAllVerified();
    }

    /** Returns whether each database and the globals have a verified backup since their last scheduled time. */
    public boolean areAllVerified() {
        try {
            read();
        } catch (SQLException e) {
            LOG.warn("cannot determine whether every database has a verified backup: {}", e.getMessage());
            return false;
        }
        Instant now = clock.instant();
        List<String> missing = last.stream()
                .filter(read -> read.target().kind() != BackupKind.BASE)
                .filter(read -> read.lastVerified()
                        .filter(at -> schedule(read.target()).nextAfter(at).isAfter(now))
                        .isEmpty())
                .map(read -> read.target().service())
                .toList();
        if (!missing.isEmpty()) {
            LOG.warn(
                    "the external monitor gets no request, because these have no verified backup in time: {}",
                    String.join(", ", missing));
        }
        return missing.isEmpty() && !last.isEmpty();
    }

    private Condition judge(Read read) {
        return rule.judge(
                read.target(),
                schedule(read.target()),
                read.lastVerified(),
                read.since(),
                clock.instant(),
                () -> cause(read.target()));
    }

    private String cause(BackupTarget target) {
        try {
            return OverdueRule.cause(runs.newestRun(target.service(), target.database(), target.kind()));
        } catch (SQLException e) {
            LOG.debug("{}: cannot read the newest backup: {}", target.service(), e.getMessage());
            return "";
        }
    }

    private Schedule schedule(BackupTarget target) {
        return schedules.of(target.kind(), target.service());
    }

    private synchronized void read() throws SQLException {
        house.order();
        Instant now = clock.instant();
        List<Read> reads = new ArrayList<>();
        for (BackupKind kind : BackupKind.values()) {
            if (kind == BackupKind.BASE && !schedules.hasBase()) {
                continue;
            }
            Map<String, BackupRows.VerificationTimes> standings = rows.verificationTimes(kind.word(), now);
            for (Targets.Found found : targets(kind)) {
                Optional<BackupRows.VerificationTimes> standing =
                        Optional.ofNullable(standings.get(found.target().service()));
                // Skips base backups before the first verified one. If the server does not allow base backups, the
                // failed run raises the alert.
                if (kind == BackupKind.BASE
                        && standing.flatMap(BackupRows.VerificationTimes::lastVerified)
                                .isEmpty()) {
                    continue;
                }
                reads.add(new Read(
                        found.target(),
                        standing.flatMap(BackupRows.VerificationTimes::lastVerified),
                        since(found, standing, now)));
            }
        }
        last = List.copyOf(reads);
    }

    /**
     * Returns the targets, including databases with an unreadable name. These cannot be backed up, so they must be
     * reported as overdue.
     */
    private List<Targets.Found> targets(BackupKind kind) throws SQLException {
        List<Targets.Found> all = new ArrayList<>(targets.all(kind));
        if (kind == BackupKind.DUMP) {
            all.addAll(targets.unreadable());
        }
        return all;
    }

    /**
     * Returns the earliest known time at which the database existed. Without an enrolment time, this is its first run
     * or the first time that this process saw it. An enrolment time in the future, left by a clock that was set back,
     * is ignored.
     */
    private Instant since(Targets.Found found, Optional<BackupRows.VerificationTimes> standing, Instant now) {
        if (found.since().isAfter(Instant.EPOCH) && !found.since().isAfter(now)) {
            return found.since();
        }
        Instant seen = firstSeen.merge(
                found.target().kind().word() + ":" + found.target().service(),
                now,
                (before, again) -> before.isBefore(again) ? before : again);
        return standing.map(BackupRows.VerificationTimes::firstRun)
                .filter(seen::isAfter)
                .orElse(seen);
    }
}
