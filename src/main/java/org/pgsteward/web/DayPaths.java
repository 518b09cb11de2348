package org.pgsteward.web;

import java.time.LocalDate;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.pgsteward.journal.BackupDays.Outcome;
import org.pgsteward.overview.DayTexts;

/**
 * The last days of all services of one page, each as a few lines of a drawing. The page has many services, so a mark of its
 * own for each day would be three quarters of its bytes. Services whose days are equal share one drawing. The page of a
 * service has a mark with a date for each day.
 */
final class DayPaths {
    /** Limit of the dates that a drawing names for one outcome. */
    private static final int MOST_DATES = 5;

    private final LocalDate last;
    private final DateTimeFormatter date = DateTimeFormatter.ofPattern("d MMM", Locale.ENGLISH);

    /** The ids of the drawings, by their days. */
    private final Map<List<Outcome>, String> drawn = new HashMap<>();

    /** @param last date of the last day */
    DayPaths(LocalDate last) {
        this.last = last;
    }

    /** Returns the drawing of a service for the template. */
    Map<String, Object> of(List<Outcome> days) {
        Map<String, Object> strip = new LinkedHashMap<>();
        strip.put("summary", new DayStrip(days, last).summary());
        String troubles = troubles(days);
        if (!troubles.isEmpty()) {
            strip.put("troubles", troubles);
        }
        boolean isNew = !drawn.containsKey(days);
        strip.put("isNew", isNew);
        strip.put("drawing", drawn.computeIfAbsent(days, unseen -> "d" + drawn.size()));
        if (!isNew) {
            return strip;
        }
        strip.put("kept", lines(days, Outcome.KEPT, 12));
        strip.put("removed", lines(days, Outcome.REMOVED, 18));
        strip.put("nothing", lines(days, Outcome.NONE, 22.5));
        strip.put("unverified", marks(days, Outcome.UNVERIFIED, " 1h6v22h-6z"));
        strip.put("failed", marks(days, Outcome.FAILED, " 7l6 10m0-10l-6 10"));
        return strip;
    }

    /** Returns one line for each row of successive days with this outcome. The style divides the line into days. */
    private static String lines(List<Outcome> days, Outcome outcome, double y) {
        StringBuilder path = new StringBuilder();
        int day = 0;
        while (day < days.size()) {
            int end = day;
            while (end < days.size() && days.get(end) == outcome) {
                end++;
            }
            if (end > day) {
                path.append('M').append(day * DayStrip.STEP).append(' ');
                path.append(y == Math.rint(y) ? Integer.toString((int) y) : Double.toString(y));
                path.append('h').append((end - day) * DayStrip.STEP);
            }
            day = end + 1;
        }
        return path.toString();
    }

    private static String marks(List<Outcome> days, Outcome outcome, String mark) {
        StringBuilder path = new StringBuilder();
        for (int day = 0; day < days.size(); day++) {
            if (days.get(day) == outcome) {
                path.append('M').append(day * DayStrip.STEP + 1).append(mark);
            }
        }
        return path.toString();
    }

    /** Returns the newest dates of days with a problem, such as {@code failed: 3 Feb, 1 Feb}; empty without one. */
    private String troubles(List<Outcome> days) {
        List<String> parts = new ArrayList<>();
        for (Outcome outcome : List.of(Outcome.FAILED, Outcome.UNVERIFIED)) {
            List<String> dates = new ArrayList<>();
            for (int day = days.size() - 1; day >= 0; day--) {
                if (days.get(day) == outcome) {
                    dates.add(date.format(last.minusDays(days.size() - 1L - day)));
                }
            }
            if (!dates.isEmpty()) {
                boolean more = dates.size() > MOST_DATES;
                parts.add(DayTexts.words(outcome) + ": "
                        + String.join(", ", dates.subList(0, more ? MOST_DATES : dates.size())) + (more ? " …" : ""));
            }
        }
        return String.join("; ", parts);
    }
}
