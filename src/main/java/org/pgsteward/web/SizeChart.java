package org.pgsteward.web;

import java.time.LocalDate;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import org.pgsteward.model.Count;
import org.pgsteward.model.Size;

/**
 * The sizes of the last days' backups as a bar chart from zero, with the days of {@link DayStrip}. A day without a
 * backup has no bar.
 */
final class SizeChart {
    /** Units of the drawing from one day to the next. */
    private static final int STEP = 10;

    /** Height of the highest bar, in units. */
    static final int HEIGHT = 60;

    /** Height of the lowest bar, in units, so that it is visible beside one of a thousand times its size. */
    private static final int LOWEST = 1;

    private static final DateTimeFormatter DAY = DateTimeFormatter.ofPattern("d MMM", Locale.ENGLISH);

    private final List<OptionalLong> sizes;
    private final LocalDate last;

    /**
     * @param sizes bytes of each day, oldest first; empty for a day without a backup
     * @param last date of the last day
     */
    SizeChart(List<OptionalLong> sizes, LocalDate last) {
        this.sizes = sizes;
        this.last = last;
    }

    /** Returns whether no day has a backup. */
    boolean isEmpty() {
        return sizes.stream().noneMatch(OptionalLong::isPresent);
    }

    /** Returns the values of the template: the bars, and in words the newest, smallest and largest size. */
    Map<String, Object> scope() {
        int newest = -1;
        int smallest = -1;
        int largest = -1;
        for (int day = 0; day < sizes.size(); day++) {
            if (sizes.get(day).isPresent()) {
                newest = day;
                // Of equal sizes, the newest.
                smallest = smallest < 0 || bytes(day) <= bytes(smallest) ? day : smallest;
                largest = largest < 0 || bytes(day) >= bytes(largest) ? day : largest;
            }
        }
        Map<String, Object> scope = new LinkedHashMap<>();
        if (newest < 0) {
            return scope;
        }
        scope.put("bars", bars(bytes(largest), newest));
        scope.put("newest", words(newest));
        scope.put("smallest", words(smallest));
        scope.put("largest", words(largest));
        long without = sizes.stream().filter(OptionalLong::isEmpty).count();
        scope.put(
                "label",
                "Backup size of " + Count.words(sizes.size(), "day") + ": newest " + words(newest) + "; smallest "
                        + words(smallest)
                        + "; largest " + words(largest)
                        + (without == 0 ? "" : "; " + Count.words(without, "day") + " without a backup"));
        scope.put("from", DAY.format(date(0)));
        scope.put("to", DAY.format(last));
        return scope;
    }

    private List<Map<String, Object>> bars(long largest, int newest) {
        List<Map<String, Object>> bars = new ArrayList<>();
        for (int day = 0; day < sizes.size(); day++) {
            if (sizes.get(day).isPresent()) {
                double height = largest == 0 ? LOWEST : Math.max(LOWEST, (double) HEIGHT * bytes(day) / largest);
                Map<String, Object> bar = new LinkedHashMap<>();
                bar.put("x", day * STEP);
                bar.put("y", decimal(HEIGHT - height));
                bar.put("height", decimal(height));
                bar.put("isNewest", day == newest);
                bar.put("says", date(day) + ": " + Size.words(bytes(day)));
                bars.add(bar);
            }
        }
        return bars;
    }

    private long bytes(int day) {
        return sizes.get(day).orElse(0);
    }

    private LocalDate date(int day) {
        return last.minusDays(sizes.size() - 1L - day);
    }

    private String words(int day) {
        return Size.words(bytes(day)) + " on " + DAY.format(date(day));
    }

    private static String decimal(double units) {
        return String.format(Locale.ROOT, "%.1f", units).replaceFirst("\\.0$", "");
    }
}
