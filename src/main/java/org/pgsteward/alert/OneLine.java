package org.pgsteward.alert;

import java.util.regex.Pattern;

/**
 * Sanitiser that makes one harmless line of external text. Labels, container names and server messages are data: a line
 * break or a direction mark in them could imitate a header or pgsteward's own text.
 */
public final class OneLine {
    /** Control characters, format characters (including direction marks), lone surrogates and line separators. */
    private static final Pattern UNFIT = Pattern.compile("[\\p{Cc}\\p{Cf}\\p{Cs}\\p{Zl}\\p{Zp}]+");

    private static final Pattern WIDE = Pattern.compile("\\s{2,}");

    private OneLine() {}

    /** @param most length limit in UTF-16 units, including the ellipsis of a cut */
    public static String of(String text, int most) {
        // Cut before the regular expressions run: the text may have megabytes.
        String cut = text.length() > 4 * most ? text.substring(0, 4 * most) : text;
        String line =
                WIDE.matcher(UNFIT.matcher(cut).replaceAll(" ")).replaceAll(" ").strip();
        if (line.length() <= most) {
            return line;
        }
        int end = Character.isHighSurrogate(line.charAt(most - 2)) ? most - 2 : most - 1;
        return line.substring(0, end) + "…";
    }
}
