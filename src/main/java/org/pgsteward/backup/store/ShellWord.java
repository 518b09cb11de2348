package org.pgsteward.backup.store;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.regex.Pattern;

/** Quotes texts for a shell. Pure. */
public final class ShellWord {
    /** Control and format characters (including direction marks), lone surrogates, line separators. */
    static final Pattern UNFIT = Pattern.compile("[\\p{Cc}\\p{Cf}\\p{Cs}\\p{Zl}\\p{Zp}]");

    private ShellWord() {}

    /** Returns one word for the shell in one line, for any text. A line break at the end of a name is lost. */
    public static String of(String text) {
        if (UNFIT.matcher(text).find()) {
            return "\"$(printf %b '" + octal(text) + "')\"";
        }
        return text.matches("[A-Za-z0-9_./%~][A-Za-z0-9_./%~-]*") && !text.startsWith("~")
                ? text
                : "'" + within(text) + "'";
    }

    /** Returns a path that no program takes for an option. */
    public static String file(String path) {
        return of(path.startsWith("-") ? "./" + path : path);
    }

    /** Returns a text for a place within single quotes. */
    static String within(String text) {
        return text.replace("'", "'\\''");
    }

    /** Returns the text for {@code printf %b}, with the bytes of invisible characters as octal numbers. */
    private static String octal(String text) {
        StringBuilder words = new StringBuilder();
        text.codePoints().mapToObj(Character::toString).forEach(one -> {
            if (one.equals("'") || one.equals("\\") || UNFIT.matcher(one).matches()) {
                for (byte b : one.getBytes(StandardCharsets.UTF_8)) {
                    words.append(String.format(Locale.ROOT, "\\0%03o", b & 0xff));
                }
            } else {
                words.append(one);
            }
        });
        return words.toString();
    }
}
