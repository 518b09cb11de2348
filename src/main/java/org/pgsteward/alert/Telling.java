package org.pgsteward.alert;

import java.util.List;

/**
 * Something to be told now.
 *
 * @param alerts that it tells of: of one kind, all firing or all over; never none
 */
record Telling(News news, List<Alert> alerts) {
    Telling {
        alerts = List.copyOf(alerts);
        if (alerts.isEmpty()) {
            throw new IllegalArgumentException("nothing to tell of");
        }
    }

    enum News {
        BEGAN,
        WORSE,
        /** Told long ago, and it still fires. */
        STILL,
        /** It comes and goes. */
        FLAPPING,
        OVER,
        /** It began and ended before anybody was told. */
        PASSED
    }

    /** Whether whoever hears it has nothing left to do. */
    boolean isOver() {
        return news == News.OVER || news == News.PASSED;
    }
}
