package org.pgsteward.monitor;

import java.util.Map;

/**
 * The levels of one figure, as they are written in {@code thresholds.yaml}. An empty text stands for a level that is not
 * given.
 *
 * @param warn from which on the figure is an alert; {@code off} for never
 * @param critical from which on the alert is critical; {@code off} for never
 * @param clear below which the alert is over; a tenth below the first level where it is not given
 * @param lasting how long the figure must stay at the level, such as {@code 5m}
 * @param services levels of single services, of which only {@code warn} and {@code critical} count
 */
record WrittenLevels(String warn, String critical, String clear, String lasting, Map<String, WrittenLevels> services) {
    static WrittenLevels of(String warn, String critical) {
        return new WrittenLevels(warn, critical, "", "", Map.of());
    }
}
