package org.pgsteward.model;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** Renamed figures of alerts. For one more version, a receiver gets each of them under both names. */
public final class AlertFigures {
    /** The new names by the previous ones. */
    public static final SortedMap<String, String> RENAMED = Collections.unmodifiableSortedMap(
            new TreeMap<>(Map.of("deafSeconds", "staleSeconds", "last_proved", "last_verified")));

    private AlertFigures() {}

    /**
     * Returns the figures with each renamed one under both names. An alert of the previous version has only the
     * previous name.
     */
    public static Map<String, Object> underBothNames(Map<String, Object> figures) {
        Map<String, Object> both = new LinkedHashMap<>(figures);
        RENAMED.forEach((old, current) -> {
            if (figures.containsKey(current)) {
                both.put(old, figures.get(current));
            } else if (figures.containsKey(old)) {
                both.put(current, figures.get(old));
            }
        });
        return both;
    }
}
