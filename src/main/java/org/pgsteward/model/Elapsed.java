package org.pgsteward.model;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A span of time as a person says it, in its two largest units, and as one is written in settings. */
public final class Elapsed {
    private static final Pattern WRITTEN = Pattern.compile("(\\d{1,9})([smhd])");

    private Elapsed() {}

    /** {@code 12 min 5 s}; {@code 0 s} for less than a second and for a clock that ran backwards. */
    public static String words(Duration span) {
        long seconds = Math.max(0, span.toSeconds());
        if (seconds < 60) {
            return seconds + " s";
        }
        if (seconds < 3600) {
            return two(seconds / 60, "min", seconds % 60, "s");
        }
        if (seconds < 86_400) {
            return two(seconds / 3600, "h", seconds % 3600 / 60, "min");
        }
        return two(seconds / 86_400, seconds < 2 * 86_400 ? "day" : "days", seconds % 86_400 / 3600, "h");
    }

    /** The same for what is looked at in passing: {@code 12 min}, without seconds from one minute on. */
    public static String roughly(Duration span) {
        return words(span.toSeconds() < 60 ? span : Duration.ofMinutes(span.toMinutes()));
    }

    /**
     * Reads {@code 10s}, {@code 90m}, {@code 6h} or {@code 2d}.
     *
     * @param name of the setting or option, for the message
     * @throws IllegalArgumentException with name and text when it is none
     */
    public static Duration parse(String name, String text) {
        Matcher span = WRITTEN.matcher(text.strip());
        if (!span.matches()) {
            throw new IllegalArgumentException(name + " is '" + text.strip() + "', not a time such as 90m, 6h or 2d");
        }
        long count = Long.parseLong(span.group(1));
        return switch (span.group(2)) {
            case "s" -> Duration.ofSeconds(count);
            case "m" -> Duration.ofMinutes(count);
            case "h" -> Duration.ofHours(count);
            default -> Duration.ofDays(count);
        };
    }

    private static String two(long large, String unit, long small, String smallUnit) {
        return large + " " + unit + (small == 0 ? "" : " " + small + " " + smallUnit);
    }
}
