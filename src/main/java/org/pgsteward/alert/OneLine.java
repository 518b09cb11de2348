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

    /** Spaces that YAML in a remedy needs. */
    private static final int MOST_INDENT = 16;

    private OneLine() {}

    /**
     * Makes one harmless line that keeps its indentation of up to 16 spaces.
     *
     * @param most length limit in UTF-16 units without the indentation
     */
    public static String indented(String text, int most) {
        int indent = 0;
        while (indent < Math.min(MOST_INDENT, text.length()) && text.charAt(indent) == ' ') {
            indent++;
        }
        String line = of(text, most);
        return line.isEmpty() ? line : " ".repeat(indent) + line;
    }

    /**
     * Makes one harmless line that ends with a whole clause, or with a whole word if the last clause is long.
     *
     * @param most length limit in UTF-16 units, including the ellipsis of a cut
     */
    static String clauses(String text, int most) {
        String line = of(text, 4 * most);
        if (line.length() <= most) {
            return line;
        }
        String kept = line.substring(0, most - 1);
        int clause = Math.max(kept.lastIndexOf("; "), kept.lastIndexOf(". "));
        int word = kept.lastIndexOf(' ');
        int end = clause > most * 2 / 3
                ? clause
                : word > most / 2 ? word : of(line, most).length() - 1;
        return line.substring(0, end).replaceFirst("[:;,.( ]+$", "") + "…";
    }

    /** @param most length limit in UTF-16 units, including the ellipsis of a cut */
    public static String of(String text, int most) {
        if (text.length() <= most && isPlain(text)) {
            return text;
        }
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

    /** Returns whether the text is one line of printable ASCII with single spaces, as nearly all names are. */
    private static boolean isPlain(String text) {
        char before = ' ';
        for (int i = 0; i < text.length(); i++) {
            char now = text.charAt(i);
            if (now < ' ' || now > '~' || (now == ' ' && before == ' ')) {
                return false;
            }
            before = now;
        }
        return before != ' ' || text.isEmpty();
    }
}
