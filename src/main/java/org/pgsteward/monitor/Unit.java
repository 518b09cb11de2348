package org.pgsteward.monitor;

import java.time.Duration;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.pgsteward.model.Elapsed;
import org.pgsteward.model.Percent;
import org.pgsteward.model.Size;

/** The unit of a metric: the form of its levels in settings, and the form of its values in texts. */
enum Unit {
    /** Percent of the available amount; may exceed 100. */
    PERCENT("a share such as 80%"),
    /** Bytes, written with Docker's units, which count by 1024. */
    BYTES("bytes such as 200m (units b, k, m, g, t)"),
    /** Seconds, written {@code 90s}, {@code 5m}, {@code 6h} or {@code 2d}. */
    TIME("a time such as 90s, 5m, 6h or 2d"),
    /** A number of items, written with {@code k} and {@code m} for thousands and millions. */
    COUNT("a count such as 20, 500k or 500m");

    private static final Pattern NUMBER = Pattern.compile("([0-9]{1,15}(?:\\.[0-9]{1,6})?)\\s*([km]?)");

    private final String expected;

    Unit(String expected) {
        this.expected = expected;
    }

    /**
     * Reads a level.
     *
     * @param name of the setting, for the message
     * @throws IllegalArgumentException with name and value, if the text is no level, or not above 0
     */
    double parse(String name, String text) {
        OptionalDouble value = switch (this) {
            case PERCENT -> Percent.read(text);
            case BYTES -> Size.read(text).stream().asDoubleStream().findFirst();
            case TIME -> Elapsed.read(text).stream().mapToDouble(Unit::seconds).findFirst();
            case COUNT -> count(text);
        };
        return value.stream().filter(level -> level > 0).findFirst().orElseThrow(() -> wrong(name, text));
    }

    private static double seconds(Duration time) {
        return time.getSeconds() + time.getNano() / 1e9;
    }

    private static OptionalDouble count(String text) {
        Matcher parts = NUMBER.matcher(text.strip().toLowerCase(Locale.ROOT));
        if (!parts.matches()) {
            return OptionalDouble.empty();
        }
        double factor = switch (parts.group(2)) {
            case "k" -> 1e3;
            case "m" -> 1e6;
            default -> 1;
        };
        return OptionalDouble.of(Double.parseDouble(parts.group(1)) * factor);
    }

    private IllegalArgumentException wrong(String name, String text) {
        return new IllegalArgumentException(name + " is '" + text + "': write " + expected + ", or off");
    }

    /** Returns a text such as {@code 82%}, {@code 1.2 GiB}, {@code 3 h 5 min} or {@code 1200 million}. */
    String words(double value) {
        return switch (this) {
            case PERCENT -> Math.round(value) + "%";
            case BYTES -> Size.words(Math.round(value));
            case TIME -> Elapsed.words(Duration.ofSeconds(Math.round(value)));
            case COUNT -> value >= 10e6 ? Math.round(value / 1e6) + " million" : Long.toString(Math.round(value));
        };
    }

    /** Returns the text for a whole number. */
    String words(long value) {
        return words((double) value);
    }
}
