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
import org.pgsteward.alert.AlertBook;
import org.pgsteward.alert.Reporter;
import org.pgsteward.backup.restore.KeptDatabaseRule;
import org.pgsteward.backup.schedule.BackupTarget;
import org.pgsteward.backup.schedule.OverdueRule;
import org.pgsteward.backup.schedule.Schedule;
import org.pgsteward.backup.schedule.Schedules;
import org.pgsteward.backup.schedule.Targets;
import org.pgsteward.backup.store.Holdings;
import org.pgsteward.journal.BackupRows;
import org.pgsteward.model.BackupKind;
import org.pgsteward.model.Condition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether everything has a proved backup in time: asked of PostgreSQL for what there is and of the journal for what was
 * done, and of nothing that makes backups. While PostgreSQL is away, what it said last is judged by the time that passes.
 */
public final class OverdueCheck {
    private static final Logger LOG = LoggerFactory.getLogger(OverdueCheck.class);

    private final Targets targets;
    private final BackupRows rows;
    private final Housekeeping house;
    private final Schedules schedules;
    private final OverdueRule rule;
    private final AlertBook alerts;
    private final GoneDatabases gone;
    private final KeptDatabaseRule forgotten;
    private final MissingBackups missing;
    private final Reporter reporter;
    private final Clock clock;

    /** When a database was seen first of which nobody knows since when it is there. */
    private final Map<String, Instant> firstSeen = new ConcurrentHashMap<>();

    private volatile List<Read> last = List.of();

    public OverdueCheck(
            Targets targets,
            BackupRows rows,
            Housekeeping house,
            Schedules schedules,
            OverdueRule rule,
            AlertBook alerts,
            Holdings holdings,
            KeptDatabaseRule forgotten,
            MissingBackups missing,
            Reporter reporter,
            Clock clock) {
        this.missing = missing;
        this.reporter = reporter;
        this.forgotten = forgotten;
        this.targets = targets;
        this.rows = rows;
        this.house = house;
        this.schedules = schedules;
        this.rule = rule;
        this.alerts = alerts;
        this.gone = new GoneDatabases(alerts, house, holdings, clock);
        this.clock = clock;
    }

    private record Read(BackupTarget target, Optional<Instant> lastProved, Instant since) {}

    /** Raises what has no verified backup in time, and the end of what fires for a database that is no more. */
    public void report() {
        look().forEach(reporter::raise);
    }

    /** A condition for each thing that is to be backed up, and one for all that was told of what is no more. */
    private List<Condition> look() {
        boolean fresh = true;
        try {
            read();
        } catch (SQLException e) {
            LOG.debug("what is overdue is judged by what was known before: {}", e.getMessage());
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
                    .map(service -> Condition.well(
                            OverdueRule.KIND, service, "there is no database of it any more", clock.instant()))
                    .forEach(conditions::add);
            conditions.addAll(gone.conditions(known));
            conditions.addAll(forgotten());
            conditions.addAll(missing());
        }
        return conditions;
    }

    /** What is said of databases that restores made or kept. */
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
            LOG.debug("cannot look for the newest backups: {}", e.getMessage());
            return List.of();
        }
    }

    /** The conditions of what is overdue now, without base backups, since every database is dumped as well. */
    public List<Condition> overdue() throws SQLException {
        read();
        return last.stream()
                .filter(read -> read.target().kind() != BackupKind.BASE)
                .map(this::judge)
                .filter(condition -> condition.severity().isPresent())
                .toList();
    }

    /** Whether each database and the globals have a proved backup since the last time that their schedules named. */
    public boolean isAllProved() {
        try {
            read();
        } catch (SQLException e) {
            LOG.warn("whether all is proved cannot be told: {}", e.getMessage());
            return false;
        }
        Instant now = clock.instant();
        List<String> missing = last.stream()
                .filter(read -> read.target().kind() != BackupKind.BASE)
                .filter(read -> read.lastProved()
                        .filter(at -> schedule(read.target()).nextAfter(at).isAfter(now))
                        .isEmpty())
                .map(read -> read.target().service())
                .toList();
        if (!missing.isEmpty()) {
            LOG.warn(
                    "not proved since its time, so nobody outside is told that all is: {}", String.join(", ", missing));
        }
        return missing.isEmpty() && !last.isEmpty();
    }

    private Condition judge(Read read) {
        return rule.judge(read.target(), schedule(read.target()), read.lastProved(), read.since(), clock.instant());
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
                // A server that lets no base backup be taken is told of where one is tried.
                if (kind == BackupKind.BASE
                        && standing.flatMap(BackupRows.VerificationTimes::lastProved)
                                .isEmpty()) {
                    continue;
                }
                reads.add(new Read(
                        found.target(),
                        standing.flatMap(BackupRows.VerificationTimes::lastProved),
                        since(found, standing, now)));
            }
        }
        last = List.copyOf(reads);
    }

    /** One whose name cannot be read is no target of a backup, and is missing all the more. */
    private List<Targets.Found> targets(BackupKind kind) throws SQLException {
        List<Targets.Found> all = new ArrayList<>(targets.all(kind));
        if (kind == BackupKind.DUMP) {
            all.addAll(targets.unreadable());
        }
        return all;
    }

    /**
     * A database that nobody enrolled is there at least since it was first tried, or since we first saw it; and so is one
     * that a clock since set back has enrolled in the future.
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
