package org.pgsteward.model;

import java.util.Locale;

/** Bytes as a person reads them, in the binary units that Docker's own {@code 256m} means. */
public final class Size {
    private static final String[] UNITS = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};

    private Size() {}

    /** {@code 268435456} is {@code 256 MiB}; a decimal only where it says something. */
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
}
