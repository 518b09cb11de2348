package org.pgsteward.model;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How the lines of a remedy are typed where this pgsteward runs: whoever sits at the host of a container asks Docker first.
 *
 * @param command what starts pgsteward there, such as {@code docker exec pgsteward pgsteward}
 */
public record Typing(String command) {
    private static final String NAME = "pgsteward";

    /** Where it is on the path. */
    public static final Typing PLAIN = new Typing(NAME);

    private static final Pattern WORD = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.-]*");

    private static final Pattern LINE = Pattern.compile("(?m)^" + NAME + "(?= )");

    /** A text as a shell takes it for one word that means nothing to it. */
    public static String word(String text) {
        return WORD.matcher(text).matches() ? text : "'" + text.replace("'", "'\\''") + "'";
    }

    /** The lines of a remedy, of which those that start pgsteward begin with its name, as they can be pasted. */
    public String of(String remedy) {
        return LINE.matcher(remedy).replaceAll(Matcher.quoteReplacement(command));
    }
}
