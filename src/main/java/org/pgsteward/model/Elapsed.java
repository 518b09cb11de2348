package org.pgsteward.model;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A span of time as a person says it, in its two largest units, and as operators write it. */
public final class Elapsed {
    private static final String AMOUNT = "([0-9]{1,15}(?:\\.[0-9]{1,6})?)\\s*";

    /** The parts from days to milliseconds, each at most once. */
    private static final Pattern WRITTEN = Pattern.compile("(?=[0-9])(?:" + AMOUNT + "d\\s*)?(?:" + AMOUNT
            + "h\\s*)?(?:" + AMOUNT + "m(?!s)\\s*)?(?:" + AMOUNT + "s\\s*)?(?:" + AMOUNT + "ms)?");

    /** Seconds of the unit of each group of {@link #WRITTEN}. */
    private static final BigDecimal[] SECONDS = {
        new BigDecimal(86_400), new BigDecimal(3600), new BigDecimal(60), BigDecimal.ONE, new BigDecimal("0.001")
    };

    /** Seconds; so that a point in time plus any span is still a point in time. */
    private static final BigDecimal LONGEST = new BigDecimal(999_999_999L * 86_400);

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
     * Reads {@code 10s}, {@code 90m}, {@code 6h}, {@code 2d}, {@code 1h30m}, {@code 1.5 h} or {@code 500ms}. This is the only
     * parser of times that pgsteward has; Camel reads the times of its own timers.
     *
     * @return empty when the text is no time, or one longer than 999,999,999 days
     */
    public static Optional<Duration> read(String text) {
        Matcher parts = WRITTEN.matcher(text.strip().toLowerCase(Locale.ROOT));
        if (!parts.matches()) {
            return Optional.empty();
        }
        BigDecimal seconds = BigDecimal.ZERO;
        for (int i = 0; i < SECONDS.length; i++) {
            String amount = parts.group(i + 1);
            if (amount != null) {
                seconds = seconds.add(new BigDecimal(amount).multiply(SECONDS[i]));
            }
        }
        return seconds.compareTo(LONGEST) > 0
                ? Optional.empty()
                : Optional.of(Duration.ofSeconds(
                        seconds.longValue(),
                        seconds.remainder(BigDecimal.ONE).movePointRight(9).longValue()));
    }

    /**
     * Does the same for a named value.
     *
     * @param name of the setting or option, for the message
     * @throws IllegalArgumentException with name and text when it is none
     */
    public static Duration parse(String name, String text) {
        return read(text)
                .orElseThrow(() -> new IllegalArgumentException(
                        name + " is '" + text.strip() + "', not a time such as 90m, 6h or 2d"));
    }

    private static String two(long large, String unit, long small, String smallUnit) {
        return large + " " + unit + (small == 0 ? "" : " " + small + " " + smallUnit);
    }
}
