package org.pgsteward.model;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Writes commands as they are typed where this pgsteward runs: on the host of a container they begin with Docker's.
 *
 * @param command what starts pgsteward there, such as {@code docker exec pgsteward pgsteward}
 */
public record Typing(String command) {
    private static final String NAME = "pgsteward";

    /** Where it is on the path. */
    public static final Typing PLAIN = new Typing(NAME);

    private static final Pattern WORD = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.-]*");

    /** A line that begins with it, or one of its commands inside a sentence: {@code 'pgsteward backup --all'}. */
    private static final Pattern COMMAND =
            Pattern.compile("(?m)^" + NAME + "(?= )|(?<![\\w./-])(?<!" + NAME + " )" + NAME
                    + "(?= (?:at|backups?|check|demo|doctor|history|init|notify|pin|provision|remove|restore|run|silence|status"
                    + "|unpin|verify)\\b)");

    /** A text as a shell takes it for one word that means nothing to it. */
    public static String word(String text) {
        return WORD.matcher(text).matches() ? text : "'" + text.replace("'", "'\\''") + "'";
    }

    /** Returns the lines of a remedy, or a sentence, with the commands as they can be pasted. */
    public String of(String text) {
        return COMMAND.matcher(text).replaceAll(Matcher.quoteReplacement(command));
    }

    /** Returns the line that starts the daemon again. */
    public String restart() {
        return command.startsWith("docker ") ? "docker restart " + NAME : of(NAME + " run");
    }
}
