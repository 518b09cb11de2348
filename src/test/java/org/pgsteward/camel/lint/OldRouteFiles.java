package org.pgsteward.camel.lint;

import java.util.SortedMap;
import java.util.TreeMap;
import org.pgsteward.config.AllSettings;

/** The shipped route files with all their names as in the previous version. */
public final class OldRouteFiles {
    private OldRouteFiles() {}

    /** Returns the texts with the previous names, by file. */
    public static SortedMap<String, String> of(SortedMap<String, String> shipped) {
        SortedMap<String, String> previous = new TreeMap<>(shipped);
        previous.replaceAll((file, text) -> of(text));
        return previous;
    }

    private static String of(String text) {
        String old = text.replace("org.pgsteward.alert.NotificationPolicy", "org.pgsteward.alert.TellingRule")
                .replace("notificationPolicy", "tellingRule")
                .replace("method: notified(", "method: told(")
                .replace("method: areAllVerified", "method: isAllProved")
                .replace("id: reverification", "id: reproof")
                .replace("ref: reverification", "ref: reproof")
                .replace("pgsteward/reverification", "pgsteward/reproof")
                .replace("journal-waiting\n", "journal-waiting\n          feed-deaf: service-down\n");
        for (String name : AllSettings.oldNames().keySet()) {
            old = old.replace("{{" + AllSettings.currentName(name), "{{" + name);
        }
        return old;
    }
}
