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
 * What a condition changes in the book. Pure.
 *
 * <ol>
 *   <li>The first source that says bad begins it.
 *   <li>Bad again refreshes the figures, and makes it worse where it is worse than anything before. That it got better
 *       without being over changes nothing.
 *   <li>It is over when no source says bad any more, and has the figures of its end then.
 * </ol>
 */
final class AlertRule {
    /** More beginnings than any setting for flapping counts. */
    private static final int BEGINNINGS = 50;

    private AlertRule() {}

    /** @return empty where there was nothing and is nothing */
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

    /** With the figures of the end, if it has any: a container that runs again is not {@code exited} any more. */
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
