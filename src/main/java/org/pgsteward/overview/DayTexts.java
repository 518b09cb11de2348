package org.pgsteward.overview;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.pgsteward.journal.BackupDays.Outcome;

/** Words of the daily results of a service's backups, equal on the status page and in {@code status}. */
public final class DayTexts {
    private DayTexts() {}

    /** Returns the words of one day's result. */
    public static String words(Outcome outcome) {
        return switch (outcome) {
            case KEPT -> "verified";
            case REMOVED -> "verified, removed since";
            case UNVERIFIED -> "made, not verified";
            case FAILED -> "failed";
            case NONE -> "no backup";
        };
    }

    /**
     * Returns a summary, such as {@code 28 verified, of which 9 still kept; 1 failed; 1 without a backup}. Days before the
     * first run are not counted, because the service may be newer than they are.
     *
     * @param days the outcomes, oldest first
     */
    public static String summary(List<Outcome> days) {
        Map<Outcome, Integer> counts = new EnumMap<>(Outcome.class);
        days.stream().dropWhile(day -> day == Outcome.NONE).forEach(day -> counts.merge(day, 1, Integer::sum));
        int kept = counts.getOrDefault(Outcome.KEPT, 0);
        int verified = kept + counts.getOrDefault(Outcome.REMOVED, 0);
        List<String> parts = new ArrayList<>();
        parts.add(verified + " verified" + (kept == verified ? "" : ", of which " + kept + " still kept"));
        count(parts, counts, Outcome.UNVERIFIED, "not verified");
        count(parts, counts, Outcome.FAILED, "failed");
        count(parts, counts, Outcome.NONE, "without a backup");
        return String.join("; ", parts);
    }

    private static void count(List<String> parts, Map<Outcome, Integer> counts, Outcome outcome, String words) {
        if (counts.containsKey(outcome)) {
            parts.add(counts.get(outcome) + " " + words);
        }
    }
}
