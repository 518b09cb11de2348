package org.pgsteward.alert;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Severity;

/**
 * Effect of a condition on an alert. Pure.
 *
 * <ol>
 *   <li>The first source that reports bad starts the alert.
 *   <li>A further bad report updates the figures. It raises the severity if it is worse than all reports before. A
 *       milder report does not lower the severity.
 *   <li>The alert resolves when no source reports bad any more. It then carries the figures of its resolution.
 * </ol>
 */
final class AlertRule {
    /** More than any setting for flapping needs. */
    private static final int BEGINNINGS = 50;

    private AlertRule() {}

    /** Returns the alert after the condition; empty if there was no alert and the condition is well. */
    static Optional<Alert> turn(Optional<Alert> before, Condition condition, String source) {
        Map<String, Alert.Cause> causes =
                new TreeMap<>(before.map(Alert::causes).orElse(Map.of()));
        boolean wasFiring = !causes.isEmpty();
        Optional<Severity> bad = condition.severity();
        if (bad.isEmpty()) {
            causes.remove(source);
        } else {
            causes.put(source, cause(condition, bad.get()));
        }
        if (!wasFiring && bad.isEmpty()) {
            return before;
        }
        Optional<Alert> going = before.filter(alert -> wasFiring);
        Instant since = going.map(Alert::since).orElse(condition.began());
        Severity severity = bad.filter(
                        now -> going.isEmpty() || now.compareTo(going.get().severity()) > 0)
                .or(() -> going.map(Alert::severity))
                .orElse(Severity.INFO);
        List<Instant> begun = new ArrayList<>(before.map(Alert::begun).orElse(List.of()));
        if (!wasFiring) {
            begun.add(condition.at());
        }
        Alert after = new Alert(
                condition.kind(),
                condition.service(),
                since,
                severity,
                causes,
                before.map(Alert::last).orElseGet(() -> cause(condition, severity)),
                causes.isEmpty() ? new Alert.Over(condition.reason(), condition.at(), false) : null,
                before.isPresent() ? before.get().heard() : null,
                begun.subList(Math.max(0, begun.size() - BEGINNINGS), begun.size()));
        return Optional.of(after.worst().map(after::last).orElseGet(() -> ended(after, condition)));
    }

    /**
     * Returns the alert with the figures of its resolution, if there are any: a container that runs again is no longer
     * {@code exited}.
     */
    private static Alert ended(Alert after, Condition condition) {
        Alert.Cause last = after.last();
        return condition.figures().isEmpty()
                ? after
                : after.last(
                        new Alert.Cause(last.severity(), last.reason(), last.remedy(), condition.figures(), last.at()));
    }

    private static Alert.Cause cause(Condition condition, Severity severity) {
        return new Alert.Cause(severity, condition.reason(), condition.remedy(), condition.figures(), condition.at());
    }
}
