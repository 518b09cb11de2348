package org.pgsteward.model;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Formatter and parser of time spans: prints the two largest units, reads the spans that operators write. */
public final class Elapsed {
    private static final String AMOUNT = "([0-9]{1,15}(?:\\.[0-9]{1,6})?)\\s*";

    /** The amounts from days to milliseconds, each at most once. */
    private static final Pattern WRITTEN = Pattern.compile("(?=[0-9])(?:" + AMOUNT + "d\\s*)?(?:" + AMOUNT
            + "h\\s*)?(?:" + AMOUNT + "m(?!s)\\s*)?(?:" + AMOUNT + "s\\s*)?(?:" + AMOUNT + "ms)?");

    /** The length, in seconds, of the unit of each group of {@link #WRITTEN}. */
    private static final BigDecimal[] SECONDS = {
        new BigDecimal(86_400), new BigDecimal(3600), new BigDecimal(60), BigDecimal.ONE, new BigDecimal("0.001")
    };

    /**
     * In seconds. The limit keeps the sum of any point in time and a span within the range of
     * {@link java.time.Instant}.
     */
    private static final BigDecimal LONGEST = new BigDecimal(999_999_999L * 86_400);

    private Elapsed() {}

    /**
     * Returns a text such as {@code 12 min 5 s}; {@code 0 s} for less than a second and for a negative span, which a
     * clock that was set back produces.
     */
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

    /**
     * Returns a text such as {@code 12 min}, without seconds from one minute on, for displays where seconds are noise.
     */
    public static String roughly(Duration span) {
        return words(span.toSeconds() < 60 ? span : Duration.ofMinutes(span.toMinutes()));
    }

    /**
     * Reads {@code 10s}, {@code 90m}, {@code 6h}, {@code 2d}, {@code 1h30m}, {@code 1.5 h} or {@code 500ms}. pgsteward
     * has no other parser of time spans; Camel reads the periods of its own timers.
     *
     * @return empty if the text is no time span, or one longer than 999,999,999 days
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
     * Reads a time span as {@link #read} does, and throws if the text is none.
     *
     * @param name the name of the setting or option, for the message
     * @throws IllegalArgumentException with name and text if the text is no time span
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
