package org.pgsteward.backup.copy;

import java.time.DateTimeException;
import java.time.LocalTime;
import java.time.ZonedDateTime;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The hours of the day at which copies may begin, such as {@code 22:00-06:00}. The end is excluded. Pure.
 *
 * @param from equal to {@code to} for the whole day
 */
public record CopyHours(LocalTime from, LocalTime to) {
    /** The whole day. */
    public static final CopyHours ALWAYS = new CopyHours(LocalTime.MIDNIGHT, LocalTime.MIDNIGHT);

    private static final Pattern FORM = Pattern.compile("(\\d{1,2}:\\d{2})\\s*-\\s*(\\d{1,2}:\\d{2})");

    /** Parses such a text; empty if it has another form. */
    public static Optional<CopyHours> read(String text) {
        Matcher form = FORM.matcher(text.strip());
        if (!form.matches()) {
            return Optional.empty();
        }
        try {
            return Optional.of(new CopyHours(time(form.group(1)), time(form.group(2))));
        } catch (DateTimeException e) {
            return Optional.empty();
        }
    }

    private static LocalTime time(String text) {
        return text.equals("24:00")
                ? LocalTime.MIDNIGHT
                : LocalTime.parse(text.length() == "9:00".length() ? "0" + text : text);
    }

    /** Returns whether a copy may begin at this time. */
    public boolean allow(ZonedDateTime at) {
        LocalTime now = at.toLocalTime();
        if (from.equals(to)) {
            return true;
        }
        return from.isBefore(to) ? !now.isBefore(from) && now.isBefore(to) : !now.isBefore(from) || now.isBefore(to);
    }
}
