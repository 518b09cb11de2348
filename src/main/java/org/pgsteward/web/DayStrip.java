package org.pgsteward.web;

import java.time.LocalDate;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.pgsteward.journal.BackupDays.Outcome;

/**
 * A service's last days as a row of marks. Each outcome has a shape of its own, and words for users who cannot see it.
 */
final class DayStrip {
    /** Units of the drawing from one day to the next. */
    private static final int STEP = 10;

    private final List<Outcome> days;
    private final LocalDate last;

    /** @param last date of the last day */
    DayStrip(List<Outcome> days, LocalDate last) {
        this.days = days;
        this.last = last;
    }

    /** Returns the marks for the template: position, outcome, and the text for a pointer. */
    List<Map<String, Object>> marks() {
        List<Map<String, Object>> marks = new ArrayList<>();
        for (int index = 0; index < days.size(); index++) {
            Outcome outcome = days.get(index);
            Map<String, Object> mark = new LinkedHashMap<>();
            mark.put("x", index * STEP);
            mark.put(outcome.name().toLowerCase(java.util.Locale.ROOT), true);
            mark.put("says", last.minusDays(days.size() - 1L - index) + ": " + words(outcome));
            marks.add(mark);
        }
        return marks;
    }

    /** Returns a summary, such as {@code 30 days: 28 verified, of which 9 still kept; 1 failed; 1 without a backup}. */
    String summary() {
        Map<Outcome, Integer> counts = new TreeMap<>();
        days.forEach(day -> counts.merge(day, 1, Integer::sum));
        int kept = counts.getOrDefault(Outcome.KEPT, 0);
        int verified = kept + counts.getOrDefault(Outcome.REMOVED, 0);
        List<String> parts = new ArrayList<>();
        parts.add(verified + " verified" + (kept == verified ? "" : ", of which " + kept + " still kept"));
        count(parts, counts, Outcome.UNVERIFIED, "not verified");
        count(parts, counts, Outcome.FAILED, "failed");
        count(parts, counts, Outcome.NONE, "without a backup");
        return days.size() + " days: " + String.join("; ", parts);
    }

    private static void count(List<String> parts, Map<Outcome, Integer> counts, Outcome outcome, String words) {
        if (counts.containsKey(outcome)) {
            parts.add(counts.get(outcome) + " " + words);
        }
    }

    private static String words(Outcome outcome) {
        return switch (outcome) {
            case KEPT -> "verified";
            case REMOVED -> "verified, removed since";
            case UNVERIFIED -> "made, not verified";
            case FAILED -> "failed";
            case NONE -> "no backup";
        };
    }
}
