package org.pgsteward.backup.copy;

import java.time.Clock;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.pgsteward.alert.Alert;
import org.pgsteward.alert.AlertRegistry;
import org.pgsteward.alert.Reporter;
import org.pgsteward.model.Backup;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Count;
import org.pgsteward.model.Severity;

/** The alerts about copies. Their subject is the target. */
public final class CopyAlerts {
    /** Copies to a target fail. */
    public static final String FAILED = "copy-failed";

    /** A target lacks a verified backup for too long. */
    public static final String OVERDUE = "copy-overdue";

    /** A copy was found changed or missing at its target. */
    public static final String DAMAGED = "copy-damaged";

    private static final Set<String> KINDS = Set.of(FAILED, OVERDUE, DAMAGED);

    /** A single failure, such as a dropped connection, is tried again before anybody is notified. */
    private static final int FAILURES = 2;

    private final AlertRegistry alerts;
    private final Reporter reporter;
    private final Clock clock;

    public CopyAlerts(AlertRegistry alerts, Reporter reporter, Clock clock) {
        this.alerts = alerts;
        this.reporter = reporter;
        this.clock = clock;
    }

    /**
     * Reports the end of a pass.
     *
     * @param failures the number of failed passes in a row
     */
    void passed(CopyTarget target, CopyPass.Result result, int failures) {
        if (result.failure().isEmpty()) {
            if (result.waiting() == 0) {
                reporter.raise(
                        Condition.well(FAILED, target.name(), "it has all backups that it keeps", clock.instant()));
            }
        } else if (failures >= FAILURES) {
            reporter.raise(Condition.bad(
                    Severity.WARNING,
                    FAILED,
                    target.name(),
                    "copies to " + target.name() + " fail, and pgsteward tries again by itself; "
                            + Count.words(result.waiting(), "backup") + " not copied: "
                            + result.failure().get(),
                    "pgsteward check --copies   # tries each target\n" + "pgsteward backups --at " + target.name()
                            + "   # the copies that it has",
                    clock.instant()));
        }
    }

    /**
     * A damaged copy.
     *
     * @param found such as {@code the file is missing there}
     * @param isHere whether this host has the backup, so that it is copied again
     */
    record Damage(Backup backup, String found, boolean isHere) {}

    /** Reports copies that a drill found changed or missing. The alert names these, and knows the earlier ones as well. */
    void damaged(CopyTarget target, List<Damage> found) {
        Set<String> all = new LinkedHashSet<>(damagedAt(target.name()));
        found.forEach(damage -> all.add(damage.backup().id()));
        reporter.raise(CopyDamageText.condition(target.name(), found, all, clock.instant()));
    }

    /** Returns the ids of the backups in the firing alert about damage at a target; none if it does not fire. */
    Set<String> damagedAt(String target) {
        return firing(DAMAGED, target)
                .flatMap(Alert::worst)
                .map(cause -> cause.figures().get(CopyDamageText.BACKUPS))
                .map(ids -> Set.of(ids.toString().split(" ")))
                .orElse(Set.of());
    }

    /** Returns the firing alert of a kind about a target. */
    Optional<Alert> firing(String kind, String target) {
        return alerts.firing().stream()
                .filter(alert -> alert.kind().equals(kind) && alert.service().equals(target))
                .findFirst();
    }

    void raise(Condition condition) {
        reporter.raise(condition);
    }

    /** Resolves the alerts about targets that no longer exist. */
    void onlyOf(Set<String> targets) {
        alerts.firing().stream()
                .filter(alert -> KINDS.contains(alert.kind()) && !targets.contains(alert.service()))
                .forEach(alert -> reporter.raise(
                        Condition.well(alert.kind(), alert.service(), "it is switched off", clock.instant())));
    }
}
