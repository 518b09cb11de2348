package org.pgsteward.monitor;

import java.util.Map;

/**
 * The levels of one metric, as they are written in {@code thresholds.yaml}. An empty text stands for a level that is
 * not given.
 *
 * @param warn the level from which the metric is an alert; {@code off} for never
 * @param critical the level from which the alert is critical; {@code off} for never
 * @param clear the level below which the alert resolves; a tenth below the first level where it is not given
 * @param lasting the time for which the metric must stay at the level, such as {@code 5m}
 * @param services the levels of single services, with only {@code warn} and {@code critical}
 */
record WrittenLevels(String warn, String critical, String clear, String lasting, Map<String, WrittenLevels> services) {
    static WrittenLevels of(String warn, String critical) {
        return new WrittenLevels(warn, critical, "", "", Map.of());
    }
}
