package org.pgsteward.doctor;

import java.util.List;
import org.pgsteward.alert.AlertRegistry;
import org.pgsteward.model.Condition;

/** The alerts of the daemon that fire, as conditions. */
final class FiringAlerts {
    private FiringAlerts() {}

    static List<Condition> of(AlertRegistry alerts) {
        return alerts.firing().stream()
                .flatMap(alert -> alert.worst().stream()
                        .map(cause -> Condition.bad(
                                alert.severity(),
                                alert.kind(),
                                alert.service(),
                                cause.reason(),
                                cause.remedy(),
                                cause.at())))
                .toList();
    }
}
