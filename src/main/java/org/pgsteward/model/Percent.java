package org.pgsteward.model;

import java.util.OptionalDouble;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Parser of shares as operators write them. */
public final class Percent {
    private static final Pattern WRITTEN = Pattern.compile("([0-9]{1,15}(?:\\.[0-9]{1,6})?)\\s*%");

    private Percent() {}

    /**
     * Reads {@code 80%} or {@code 82.5 %}. pgsteward has no other parser of shares.
     *
     * @return 80 for {@code 80%}; empty if the text is no share
     */
    public static OptionalDouble read(String text) {
        Matcher parts = WRITTEN.matcher(text.strip());
        return parts.matches() ? OptionalDouble.of(Double.parseDouble(parts.group(1))) : OptionalDouble.empty();
    }
}
