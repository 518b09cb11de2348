package org.pgsteward.web;

import java.time.LocalDate;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.pgsteward.journal.BackupDays.Outcome;
import org.pgsteward.model.Count;
import org.pgsteward.overview.DayTexts;

/**
 * A service's last days as a row of marks. Each outcome has a shape of its own, and words for users who cannot see it.
 */
final class DayStrip {
    /** Units of the drawing from one day to the next. */
    static final int STEP = 10;

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
            // All outcomes: the template would take a missing one from the page, which has a text of the same name.
            for (Outcome other : Outcome.values()) {
                mark.put(other.name().toLowerCase(Locale.ROOT), other == outcome);
            }
            mark.put("says", last.minusDays(days.size() - 1L - index) + ": " + DayTexts.words(outcome));
            marks.add(mark);
        }
        return marks;
    }

    /** Returns a summary, such as {@code 30 days: 28 verified, of which 9 still kept; 1 failed; 1 without a backup}. */
    String summary() {
        return Count.words(days.size(), "day") + ": " + DayTexts.summary(days);
    }
}
