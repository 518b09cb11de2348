package org.pgsteward.alert;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Severity;

/**
 * What a condition changes in the book, and whether that is news. Pure.
 *
 * <ol>
 *   <li>The first source that says bad begins it: news.
 *   <li>Bad again only refreshes the figures, unless it is worse than anything told so far: news again. That it got
 *       better without being over is not.
 *   <li>It is over when no source says bad any more: news, unless nothing worse than information was ever told of it.
 *       Whoever was only informed is waiting for no end.
 * </ol>
 */
final class AlertRule {
    private AlertRule() {}

    /** What happened. */
    enum News {
        NONE,
        BEGAN,
        WORSE,
        OVER
    }

    /** @param after empty where there was nothing and is nothing */
    record Turn(Optional<Alert> after, News news) {}

    static Turn turn(Optional<Alert> before, Condition condition, String source) {
        List<Alert.Untold> untold = before.map(Alert::untold).orElse(List.of());
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
            return new Turn(before, News.NONE);
        }
        Severity told = before.filter(alert -> wasFiring).map(Alert::told).orElse(Severity.INFO);
        Instant since = before.filter(alert -> wasFiring).map(Alert::since).orElse(condition.at());
        Severity worst = bad.filter(severity -> !wasFiring || severity.compareTo(told) > 0)
                .orElse(told);
        Alert after = new Alert(condition.kind(), condition.service(), since, worst, causes, untold);
        if (causes.isEmpty()) {
            return new Turn(Optional.of(after), told == Severity.INFO ? News.NONE : News.OVER);
        }
        if (!wasFiring) {
            return new Turn(Optional.of(after), News.BEGAN);
        }
        return new Turn(Optional.of(after), worst == told ? News.NONE : News.WORSE);
    }

    private static Alert.Cause cause(Condition condition, Severity severity) {
        return new Alert.Cause(severity, condition.reason(), condition.remedy(), condition.figures(), condition.at());
    }
}
