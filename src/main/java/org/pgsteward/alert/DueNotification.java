package org.pgsteward.alert;

import java.util.List;

/**
 * A notification that is due now.
 *
 * @param alerts its alerts, at least one; all of one kind, and all firing or all resolved
 */
record DueNotification(News news, List<Alert> alerts) {
    DueNotification {
        alerts = List.copyOf(alerts);
        if (alerts.isEmpty()) {
            throw new IllegalArgumentException("a notification needs an alert");
        }
    }

    enum News {
        BEGAN,
        WORSE,
        /** Notified long ago, and still firing. */
        STILL,
        /** Firing and resolving repeatedly. */
        FLAPPING,
        OVER,
        /** Began and resolved before it was notified. */
        PASSED
    }

    /** Returns whether the alerts are resolved and need no action. */
    boolean isOver() {
        return news == News.OVER || news == News.PASSED;
    }
}
