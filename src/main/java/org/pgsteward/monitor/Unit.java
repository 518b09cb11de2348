package org.pgsteward.monitor;

import java.time.Duration;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.pgsteward.model.Elapsed;
import org.pgsteward.model.Size;

/** What a watched figure counts: how its levels are written in settings, and how it is said to people. */
enum Unit {
    /** Percent of what there is; may pass 100. */
    PERCENT("a share such as 80%"),
    /** Bytes, written with Docker's units, which count by 1024. */
    BYTES("bytes such as 200m (units b, k, m, g, t)"),
    /** Seconds, written {@code 90s}, {@code 5m}, {@code 6h} or {@code 2d}. */
    TIME("a time such as 90s, 5m, 6h or 2d"),
    /** So many of them, written with {@code k} and {@code m} for thousands and millions. */
    COUNT("a count such as 20, 500k or 500m");

    private static final Pattern FORM = Pattern.compile("([0-9]{1,15}(?:\\.[0-9]{1,6})?)\\s*([a-z%]*)");

    private final String expected;

    Unit(String expected) {
        this.expected = expected;
    }

    /**
     * Reads a level.
     *
     * @param name of the setting, for the message
     * @throws IllegalArgumentException with name and value when the text is none, or not above 0
     */
    double parse(String name, String text) {
        Matcher parts = FORM.matcher(text.strip().toLowerCase(Locale.ROOT));
        if (!parts.matches()) {
            throw wrong(name, text);
        }
        double value = Double.parseDouble(parts.group(1)) * factor(parts.group(2), name, text);
        if (!(value > 0)) {
            throw wrong(name, text);
        }
        return value;
    }

    private double factor(String unit, String name, String text) {
        return switch (this) {
            case PERCENT -> {
                if (!unit.equals("%")) {
                    throw wrong(name, text);
                }
                yield 1;
            }
            case BYTES -> {
                int power = unit.isEmpty() ? 0 : "bkmgt".indexOf(unit.charAt(0));
                if (power < 0 || !unit.matches("|b|[kmgt](i?b)?")) {
                    throw wrong(name, text);
                }
                yield Math.pow(1024, power);
            }
            case TIME ->
                switch (unit) {
                    case "s" -> 1;
                    case "m" -> 60;
                    case "h" -> 3600;
                    case "d" -> 86_400;
                    default -> throw wrong(name, text);
                };
            case COUNT ->
                switch (unit) {
                    case "" -> 1;
                    case "k" -> 1e3;
                    case "m" -> 1e6;
                    default -> throw wrong(name, text);
                };
        };
    }

    private IllegalArgumentException wrong(String name, String text) {
        return new IllegalArgumentException(name + " is '" + text + "': write " + expected + ", or off");
    }

    /** Such as {@code 82%}, {@code 1.2 GiB}, {@code 3 h 5 min}, {@code 1,200 million}. */
    String words(double value) {
        return switch (this) {
            case PERCENT -> Math.round(value) + "%";
            case BYTES -> Size.words(Math.round(value));
            case TIME -> Elapsed.words(Duration.ofSeconds(Math.round(value)));
            case COUNT -> value >= 10e6 ? Math.round(value / 1e6) + " million" : Long.toString(Math.round(value));
        };
    }

    /** The same of a whole number. */
    String words(long value) {
        return words((double) value);
    }
}
