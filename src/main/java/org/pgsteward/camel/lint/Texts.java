package org.pgsteward.camel.lint;

import org.jspecify.annotations.Nullable;

/** Text for messages, and search for names in texts. */
final class Texts {
    private static final int MOST = 240;

    private Texts() {}

    /** Returns the first line that is not blank, limited in length. */
    static String oneLine(@Nullable String text) {
        String line = text == null
                ? ""
                : text.lines()
                        .map(String::strip)
                        .filter(part -> !part.isEmpty())
                        .findFirst()
                        .orElse("");
        line = line.replaceAll("[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}]+", " ");
        return line.length() <= MOST ? line : line.substring(0, MOST - 1) + "…";
    }

    /** Returns whether {@code text} contains {@code word} as a whole name, not as a part of a longer one. */
    static boolean contains(String text, String word) {
        for (int at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
            int end = at + word.length();
            if ((at == 0 || !isName(text.charAt(at - 1))) && (end == text.length() || !isName(text.charAt(end)))) {
                return true;
            }
        }
        return false;
    }

    private static boolean isName(char letter) {
        return Character.isLetterOrDigit(letter) || letter == '_' || letter == '-' || letter == '$';
    }
}
