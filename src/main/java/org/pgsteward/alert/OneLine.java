package org.pgsteward.alert;

import java.util.regex.Pattern;

/**
 * Makes one harmless line of a text that came from outside: labels, container names and messages of servers are data,
 * and a line break or a direction mark in them could dress up as a header or as our own words.
 */
public final class OneLine {
    /** Control characters, format characters (direction marks among them), lone surrogates, line separators. */
    private static final Pattern UNFIT = Pattern.compile("[\\p{Cc}\\p{Cf}\\p{Cs}\\p{Zl}\\p{Zp}]+");

    private static final Pattern WIDE = Pattern.compile("\\s{2,}");

    private OneLine() {}

    /** @param most characters, the ellipsis of a cut included */
    public static String of(String text, int most) {
        // Before the expressions run: a text of megabytes is cut first.
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
