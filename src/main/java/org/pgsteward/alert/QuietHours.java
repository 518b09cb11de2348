package org.pgsteward.alert;

import java.time.DayOfWeek;
import java.time.LocalTime;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Weekly periods without notifications. An alert that begins in one and still fires at its end is notified then. Pure.
 */
final class QuietHours {
    static final QuietHours NONE = new QuietHours(List.of());

    private static final Pattern LINE =
            Pattern.compile("(?:([a-z,\\s-]+)\\s+)?(\\d{1,2}:\\d{2})\\s*-\\s*(\\d{1,2}:\\d{2})");

    private final List<Window> windows;

    private QuietHours(List<Window> windows) {
        this.windows = List.copyOf(windows);
    }

    /** @param to end of the period; if not after {@code from}, it lies on the day after each of {@code days} */
    private record Window(Set<DayOfWeek> days, LocalTime from, LocalTime to) {
        boolean contains(ZonedDateTime at) {
            LocalTime time = at.toLocalTime();
            if (from.isBefore(to)) {
                return days.contains(at.getDayOfWeek()) && !time.isBefore(from) && time.isBefore(to);
            }
            return (days.contains(at.getDayOfWeek()) && !time.isBefore(from))
                    || (days.contains(at.getDayOfWeek().minus(1)) && time.isBefore(to));
        }
    }

    /**
     * Parses periods such as {@code Sun 03:00-05:00; Mon-Fri 23:00-06:00; 01:00-01:30}. A period without days applies
     * every day.
     *
     * @param name name of the setting, for the error message
     * @throws IllegalArgumentException with the part that is not a period
     */
    static QuietHours parse(String name, String hours) {
        List<Window> windows = new ArrayList<>();
        for (String part : hours.split(";", -1)) {
            String text = part.strip().toLowerCase(Locale.ROOT);
            if (text.isEmpty()) {
                continue;
            }
            Matcher matcher = LINE.matcher(text);
            if (!matcher.matches()) {
                throw new IllegalArgumentException(name + " is '" + part.strip()
                        + "': write days and hours such as Sun 03:00-05:00, or 01:00-01:30 for every day");
            }
            try {
                windows.add(new Window(days(matcher.group(1)), time(matcher.group(2)), time(matcher.group(3))));
            } catch (IllegalArgumentException | java.time.DateTimeException no) {
                throw new IllegalArgumentException(name + " is '" + part.strip() + "': " + no.getMessage());
            }
        }
        return new QuietHours(windows);
    }

    boolean contains(ZonedDateTime at) {
        return windows.stream().anyMatch(window -> window.contains(at));
    }

    private static LocalTime time(String text) {
        return LocalTime.parse(text.length() == 4 ? "0" + text : text);
    }

    private static Set<DayOfWeek> days(String text) {
        if (text == null || text.isBlank()) {
            return EnumSet.allOf(DayOfWeek.class);
        }
        Set<DayOfWeek> days = EnumSet.noneOf(DayOfWeek.class);
        for (String part : text.strip().split("[,\\s]+", -1)) {
            String[] ends = part.split("-", -1);
            DayOfWeek day = day(ends[0]);
            DayOfWeek last = day(ends[ends.length - 1]);
            days.add(day);
            while (day != last) {
                day = day.plus(1);
                days.add(day);
            }
        }
        return days;
    }

    private static DayOfWeek day(String text) {
        for (DayOfWeek day : DayOfWeek.values()) {
            if (text.length() >= 2 && day.name().toLowerCase(Locale.ROOT).startsWith(text)) {
                return day;
            }
        }
        throw new IllegalArgumentException("'" + text + "' is not a day of the week");
    }
}
