package org.pgsteward.model;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The prefixes that make a command run where this pgsteward is installed. On a container's host they begin with
 * Docker's client. Without Docker, lines that need Docker are left out.
 *
 * @param command the prefix of pgsteward's commands, such as {@code docker exec pgsteward pgsteward}
 * @param docker the command of Docker's client, or {@link #NO_DOCKER}
 * @param psql the command of psql, without Docker
 */
public record CommandPrefix(String command, String docker, String psql) {
    /** The value of {@code docker} on a host without Docker. */
    public static final String NO_DOCKER = "none";

    private static final String NAME = "pgsteward";
    private static final String DOCKER = "docker";

    /** The prefixes for a pgsteward that is on the {@code PATH}. */
    public static final CommandPrefix PLAIN = new CommandPrefix(NAME);

    private static final Pattern WORD = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.-]*");

    /**
     * A command at the start of a line or within a sentence: {@code 'pgsteward backup --all'}. The program's name alone is
     * also the subject of sentences, so a subcommand must follow.
     */
    private static final Pattern COMMAND = Pattern.compile("(?<![\\w./-])(?<!" + NAME + " )" + NAME
            + "(?= (?:at|backups?|check|demo|doctor|history|init|notify|pin|provision|remove|restore|run|silence|status"
            + "|unpin|verify)\\b)");

    /** A line that lists the use of a disk. The paths in it are those of pgsteward's container. */
    private static final Pattern OF_DISK = Pattern.compile("(?m)^(?=d[fu] )");

    private static final Pattern PSQL_BY_DOCKER = Pattern.compile("docker exec (?:'[^']*'|[A-Za-z0-9_.-]+) psql(?= )");

    /** A line that needs Docker, or that names the compose file as an alternative to the lines before it. */
    private static final Pattern OF_DOCKER = Pattern.compile("docker .*|# or, .*\\bcompose file\\b.*");

    /** The end of a sentence that needs Docker. */
    private static final Pattern BY_DOCKER = Pattern.compile("(?m): docker .*$");

    /** Creates the prefixes for a host whose Docker client is called {@code docker}. */
    public CommandPrefix(String command) {
        this(command, DOCKER, "psql");
    }

    /** Returns a text quoted as one word of a POSIX shell, if it needs quotes. */
    public static String word(String text) {
        return WORD.matcher(text).matches() ? text : "'" + text.replace("'", "'\\''") + "'";
    }

    /** Returns a remedy or a sentence with its commands in the form that can be pasted on this host. */
    public String of(String text) {
        String ours = OF_DISK.matcher(COMMAND.matcher(text).replaceAll(Matcher.quoteReplacement(command)))
                .replaceAll(Matcher.quoteReplacement(inContainer()));
        if (docker.equals(DOCKER)) {
            return ours;
        }
        if (docker.equals(NO_DOCKER)) {
            String direct = PSQL_BY_DOCKER.matcher(ours).replaceAll(Matcher.quoteReplacement(psql));
            return withoutDocker(BY_DOCKER.matcher(direct).replaceAll(""));
        }
        return ours.replaceAll("(?m)^docker(?= )", Matcher.quoteReplacement(docker));
    }

    /** Returns the prefix of programs beside pgsteward, with a blank at its end; empty without a container. */
    private String inContainer() {
        String end = " " + NAME;
        return command.contains(" exec ") && command.endsWith(end)
                ? command.substring(0, command.length() - end.length() + 1)
                : "";
    }

    /** Removes the lines that need Docker, and a comment that introduces such a line. */
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

    /** Returns the command that restarts the daemon. */
    public String restart() {
        return command.startsWith(DOCKER + " ") ? "docker restart " + NAME : of(NAME + " run");
    }
}
