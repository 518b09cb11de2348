package org.pgsteward.model;

import java.util.Locale;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Formatter and parser of sizes, in the binary units that Docker also uses: {@code 256m} is 256 MiB. */
public final class Size {
    private static final Pattern WRITTEN = Pattern.compile("([0-9]{1,15}(?:\\.[0-9]{1,6})?)\\s*(b|[kmgt](?:i?b)?|)");

    private static final String[] UNITS = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};

    private Size() {}

    /** Returns {@code 256 MiB} for {@code 268435456}. A size below 100 units has one decimal if it is not whole. */
    public static String words(long bytes) {
        double amount = bytes;
        int unit = 0;
        while (amount >= 1024 && unit < UNITS.length - 1) {
            amount /= 1024;
            unit++;
        }
        boolean whole = amount >= 100 || amount == Math.rint(amount);
        return String.format(Locale.ROOT, whole ? "%.0f %s" : "%.1f %s", amount, UNITS[unit]);
    }

    /**
     * Reads {@code 512}, {@code 500k}, {@code 1.5g} or {@code 64 MiB}; each unit is 1024 of the smaller one. pgsteward
     * has no other parser of sizes.
     *
     * @return bytes; empty if the text is no size
     */
    public static OptionalLong read(String text) {
        Matcher parts = WRITTEN.matcher(text.strip().toLowerCase(Locale.ROOT));
        if (!parts.matches()) {
            return OptionalLong.empty();
        }
        String unit = parts.group(2);
        int power = unit.isEmpty() ? 0 : "bkmgt".indexOf(unit.charAt(0));
        return OptionalLong.of(Math.round(Double.parseDouble(parts.group(1)) * Math.pow(1024, power)));
    }
}
