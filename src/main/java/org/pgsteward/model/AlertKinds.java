package org.pgsteward.model;

import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Renamed kinds of alerts. For one more version, the previous name of a kind is taken for the new one wherever a kind is
 * read: in the files of alerts, silences and notifications, and in an operator's route files.
 */
public final class AlertKinds {
    /** The new names by the previous ones. */
    public static final SortedMap<String, String> RENAMED = Collections.unmodifiableSortedMap(
            new TreeMap<>(Map.of("backup-reproof", "backup-not-reverified", "feed-deaf", "feed-stale")));

    private AlertKinds() {}

    /** Returns the present name of the kind with this present or previous name. */
    public static String current(String kind) {
        return RENAMED.getOrDefault(kind, kind);
    }

    /** Returns the previous name of a kind; empty if it was not renamed. */
    public static Optional<String> previous(String kind) {
        return RENAMED.entrySet().stream()
                .filter(renamed -> renamed.getValue().equals(kind))
                .map(Map.Entry::getKey)
                .findFirst();
    }
}
