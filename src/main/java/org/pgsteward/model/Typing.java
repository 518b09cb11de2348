package org.pgsteward.model;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Writes commands as they are typed where this pgsteward runs: on the host of a container they begin with Docker's, and
 * where there is no Docker no line asks for it.
 *
 * @param command what starts pgsteward there, such as {@code docker exec pgsteward pgsteward}
 * @param docker what starts Docker's client there, or {@link #NO_DOCKER}
 * @param psql what starts psql there, without Docker
 */
public record Typing(String command, String docker, String psql) {
    /** The value of {@code docker} where there is none. */
    public static final String NO_DOCKER = "none";

    private static final String NAME = "pgsteward";
    private static final String DOCKER = "docker";

    /** Where it is on the path. */
    public static final Typing PLAIN = new Typing(NAME);

    private static final Pattern WORD = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.-]*");

    /** A line that begins with it, or one of its commands inside a sentence: {@code 'pgsteward backup --all'}. */
    private static final Pattern COMMAND =
            Pattern.compile("(?m)^" + NAME + "(?= )|(?<![\\w./-])(?<!" + NAME + " )" + NAME
                    + "(?= (?:at|backups?|check|demo|doctor|history|init|notify|pin|provision|remove|restore|run|silence|status"
                    + "|unpin|verify)\\b)");

    private static final Pattern PSQL_BY_DOCKER = Pattern.compile("docker exec (?:'[^']*'|[A-Za-z0-9_.-]+) psql(?= )");

    /** A line that needs Docker, or is another way to what the lines before it do without. */
    private static final Pattern OF_DOCKER = Pattern.compile("docker .*|# or, .*\\bcompose file\\b.*");

    /** The end of a sentence that needs Docker. */
    private static final Pattern BY_DOCKER = Pattern.compile("(?m): docker .*$");

    /** Where Docker is called so. */
    public Typing(String command) {
        this(command, DOCKER, "psql");
    }

    /** A text as a shell takes it for one word that means nothing to it. */
    public static String word(String text) {
        return WORD.matcher(text).matches() ? text : "'" + text.replace("'", "'\\''") + "'";
    }

    /** Returns the lines of a remedy, or a sentence, with the commands as they can be pasted. */
    public String of(String text) {
        String ours = COMMAND.matcher(text).replaceAll(Matcher.quoteReplacement(command));
        if (docker.equals(DOCKER)) {
            return ours;
        }
        if (docker.equals(NO_DOCKER)) {
            String direct = PSQL_BY_DOCKER.matcher(ours).replaceAll(Matcher.quoteReplacement(psql));
            return withoutDocker(BY_DOCKER.matcher(direct).replaceAll(""));
        }
        return ours.replaceAll("(?m)^docker(?= )", Matcher.quoteReplacement(docker));
    }

    /** Leaves out the lines that need Docker, and a comment that leads to one of them. */
    private static String withoutDocker(String remedy) {
        List<String> kept = new ArrayList<>();
        for (String line : remedy.lines().toList()) {
            if (!OF_DOCKER.matcher(line).matches()) {
                kept.add(line);
            } else if (!kept.isEmpty() && kept.get(kept.size() - 1).matches("#.*:")) {
                kept.remove(kept.size() - 1);
            }
        }
        return String.join("\n", kept);
    }

    /** Returns the line that starts the daemon again. */
    public String restart() {
        return command.startsWith(DOCKER + " ") ? "docker restart " + NAME : of(NAME + " run");
    }
}
