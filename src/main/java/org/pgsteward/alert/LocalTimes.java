package org.pgsteward.alert;

import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Locale;
import java.util.regex.Pattern;
import org.pgsteward.model.Condition;

/**
 * Writes the moments of alerts as times of the operator's zone. Checks write moments as {@link Instant} prints them, in
 * UTC, because they do not know the zone.
 */
final class LocalTimes {
    /** A moment as {@link Instant#toString} prints it. The limit of digits is that of nanoseconds. */
    private static final Pattern MOMENT =
            Pattern.compile("\\b\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(?:\\.\\d{1,9})?Z\\b");

    private final DateTimeFormatter clock;

    LocalTimes(ZoneId zone) {
        clock = clock(zone);
    }

    /** Returns the format of times in alerts, such as {@code 2026-05-01 14:00:00 CEST}. */
    static DateTimeFormatter clock(ZoneId zone) {
        return DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss z", Locale.ENGLISH)
                .withZone(zone);
    }

    /** Returns the condition with local times in its reason. Its remedy and figures are for programs, and stay. */
    Condition in(Condition condition) {
        return condition.because(in(condition.reason()));
    }

    String in(String text) {
        return MOMENT.matcher(text).replaceAll(moment -> {
            try {
                return clock.format(Instant.parse(moment.group()));
            } catch (DateTimeParseException noMoment) {
                return moment.group();
            }
        });
    }
}
