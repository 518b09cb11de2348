package org.pgsteward.backup.copy;

import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.pgsteward.alert.Alert;
import org.pgsteward.journal.CopyRows;
import org.pgsteward.journal.CopyRows.Candidate;
import org.pgsteward.journal.CopyStatusRows;
import org.pgsteward.journal.Readiness;
import org.pgsteward.model.BackupState;
import org.pgsteward.model.Condition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Checks that each target has the backups in time, and resolves the alerts about damaged copies. It reads only the journal
 * and reaches no target, so a fault in a pass cannot hide a missing copy.
 */
public final class CopyWatch {
    private static final Logger LOG = LoggerFactory.getLogger(CopyWatch.class);

    private final CopyTargets targets;
    private final CopyRows rows;
    private final CopyStatusRows status;
    private final CopyAlerts alerts;
    private final Function<String, Optional<String>> lastFailure;
    private final Readiness house;
    private final Clock clock;

    /** The time at which this process first saw each target. */
    private final Map<String, Instant> firstSeen = new ConcurrentHashMap<>();

    /** @param lastFailure the failure of the last pass over a target */
    public CopyWatch(
            CopyTargets targets,
            CopyRows rows,
            CopyStatusRows status,
            CopyAlerts alerts,
            Function<String, Optional<String>> lastFailure,
            Readiness house,
            Clock clock) {
        this.targets = targets;
        this.rows = rows;
        this.status = status;
        this.alerts = alerts;
        this.lastFailure = lastFailure;
        this.house = house;
        this.clock = clock;
    }

    /** Raises and resolves the alerts of all targets. Does nothing while PostgreSQL is unavailable. */
    public void report() {
        try {
            house.order();
            Map<String, Instant> seen = rows.firstSeen();
            for (CopyTarget target : targets.all()) {
                report(target, seen);
            }
        } catch (SQLException e) {
            LOG.debug("cannot determine which copies are overdue: {}", e.getMessage());
        }
    }

    private void report(CopyTarget target, Map<String, Instant> seen) throws SQLException {
        Instant now = clock.instant();
        Optional<Instant> newestSet = status.newestCompleteSet(target.name(), now);
        Optional<Alert> damage = alerts.firing(CopyAlerts.DAMAGED, target.name());
        CopyOverdueRule.Facts facts = new CopyOverdueRule.Facts(
                since(target.name(), Optional.ofNullable(seen.get(target.name())), now),
                status.lacking(target.name(), now),
                damage.map(Alert::since),
                newestSet,
                lastFailure.apply(target.name()).orElse(""));
        alerts.raise(CopyOverdueRule.judge(target, facts, now));
        if (damage.isPresent() && isRepaired(target.name(), damage.get(), newestSet)) {
            alerts.raise(Condition.well(
                    CopyAlerts.DAMAGED,
                    target.name(),
                    "the damaged copies were copied again, or newer backups are complete there",
                    now));
        }
    }

    /** Returns the earliest known time of a target. A time in the future, left by a clock that was set back, is ignored. */
    private Instant since(String target, Optional<Instant> firstRow, Instant now) {
        Instant seen = firstSeen.merge(target, now, (before, again) -> before.isBefore(again) ? before : again);
        return firstRow.filter(seen::isAfter).orElse(seen);
    }

    /**
     * Returns whether no damaged copy is left: each was copied again or removed. One that this host no longer has cannot be
     * copied again. It no longer counts once a backup set of a later time is complete there.
     */
    private boolean isRepaired(String target, Alert damage, Optional<Instant> newestSet) throws SQLException {
        Set<String> ids = alerts.damagedAt(target);
        List<Candidate> open = rows.of(target).stream()
                .filter(candidate -> ids.contains(candidate.backup().id()) && !candidate.isThere())
                .collect(Collectors.toList());
        boolean isNewer = newestSet.filter(at -> at.isAfter(damage.since())).isPresent();
        return open.stream().allMatch(candidate -> candidate.backup().state() == BackupState.EXPIRED && isNewer);
    }
}
