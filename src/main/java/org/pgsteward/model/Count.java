package org.pgsteward.model;

import java.util.Locale;

/** Formatter of numbers with a noun. */
public final class Count {
    private Count() {}

    /**
     * Returns {@code 1 row} or {@code 5,000 rows}.
     *
     * @param noun a noun whose plural ends with {@code s}
     */
    public static String words(long number, String noun) {
        return String.format(Locale.ROOT, "%,d %s%s", number, noun, number == 1 ? "" : "s");
    }
}
