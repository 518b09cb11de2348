package org.pgsteward.config;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.ZoneId;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.pgsteward.model.Elapsed;
import org.pgsteward.model.Percent;
import org.pgsteward.model.Secret;
import org.pgsteward.model.Size;
import org.pgsteward.model.Suggestions;

/**
 * Form of a setting's value.
 *
 * @param words the form in the reference, such as {@code time}
 * @param reading the parser
 */
record Form<T>(String words, Reading<T> reading) {
    /** Parser of one value. */
    @FunctionalInterface
    interface Reading<T> {
        /** @throws IllegalArgumentException with the name, the expected form, and the value unless it is secret */
        T read(String name, String text);
    }

    static final Form<String> TEXT = new Form<>("text", (name, text) -> text);

    /** A password or a key; no message quotes it. */
    static final Form<Secret> SECRET = new Form<>("text", (name, text) -> new Secret(text));

    static final Form<Duration> TIME = new Form<>("time", Elapsed::parse);

    /** A number of bytes. */
    static final Form<Long> SIZE = new Form<>(
            "size",
            (name, text) ->
                    Size.read(text).orElseThrow(() -> wrong(name, text.strip(), "a size such as 500k, 1m or 2g")));

    /** A share as a fraction: 0.5 for {@code 50%}. */
    static final Form<Double> SHARE = new Form<>(
            "share",
            (name, text) ->
                    Percent.read(text).orElseThrow(() -> wrong(name, text.strip(), "a share such as 50%")) / 100);

    static final Form<Integer> NUMBER = new Form<>("number", Form::number);

    /** A TCP port; 0 for any free one. */
    static final Form<Integer> FREE_PORT = new Form<>("port", (name, text) -> port(name, text, 0));

    /** A TCP port. */
    static final Form<Integer> PORT = new Form<>("port", (name, text) -> port(name, text, 1));

    /** Words separated by commas, each once, in their order. */
    static final Form<List<String>> LIST = new Form<>(
            "list",
            (name, text) -> Stream.of(text.split(","))
                    .map(String::strip)
                    .filter(word -> !word.isEmpty())
                    .distinct()
                    .toList());

    static final Form<ZoneId> ZONE = new Form<>("time zone", Form::zone);

    /** Returns this form with limits. */
    Form<T> limited(String limits, Predicate<T> within) {
        return new Form<>(words + " " + limits, (name, text) -> {
            T value = reading.read(name, text);
            if (!within.test(value)) {
                throw wrong(name, text.strip(), limits);
            }
            return value;
        });
    }

    private static int number(String name, String text) {
        try {
            return Integer.parseInt(text.strip());
        } catch (NumberFormatException e) {
            throw wrong(name, text, "a whole number");
        }
    }

    private static int port(String name, String text, int least) {
        int port = number(name, text);
        if (port < least || port > 65_535) {
            throw wrong(name, Integer.toString(port), "a port from 1 to 65535");
        }
        return port;
    }

    private static ZoneId zone(String name, String text) {
        try {
            return ZoneId.of(text);
        } catch (DateTimeException e) {
            String hint = Suggestions.hint(text, ZoneId.getAvailableZoneIds());
            throw new IllegalArgumentException(
                    name + " is '" + text + "', which is not a time zone; "
                            + (hint.isEmpty() ? "write it like Europe/Berlin" : hint),
                    e);
        }
    }

    private static IllegalArgumentException wrong(String name, String text, String expected) {
        return new IllegalArgumentException(name + " is '" + text + "', not " + expected);
    }
}
