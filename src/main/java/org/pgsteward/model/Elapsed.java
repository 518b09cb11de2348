package org.pgsteward.model;

import java.time.Duration;

/** A span of time as a person says it: its two largest units. */
public final class Elapsed {
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

    private static String two(long large, String unit, long small, String smallUnit) {
        return large + " " + unit + (small == 0 ? "" : " " + small + " " + smallUnit);
    }
}
