package org.pgsteward.backup.copy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The settings of a restic repository.
 *
 * @param target the name of the target, for messages
 * @param prefix of the names of its settings
 * @param repository the address in restic's form; it may contain a password
 * @param variables further variables of restic, such as {@code AWS_ACCESS_KEY_ID}
 * @param ssh the files for a repository that is reached by SFTP
 * @param folder a private folder of this target, for the cache of restic and the catalogue
 */
record ResticSettings(
        String target,
        String prefix,
        String repository,
        String password,
        Map<String, String> variables,
        Ssh ssh,
        Path folder) {
    private static final Pattern VARIABLE = Pattern.compile("(?:export\\s+)?([A-Za-z_][A-Za-z0-9_]*)\\s*=\\s*(.*)");

    /** The password in an address. */
    private static final Pattern LOGIN = Pattern.compile("//[^/:@]*:([^/]+)@");

    /** A shorter text is no secret, and may be a part of any word. */
    private static final int SHORTEST_SECRET = 4;

    private static final int LARGEST_TEXT = 64 * 1024;

    ResticSettings {
        variables = Map.copyOf(variables);
    }

    /**
     * The files of ssh.
     *
     * @param knownHosts the host keys that are trusted; empty for those of the user
     * @param key the private key; empty for those of the user
     */
    record Ssh(Optional<Path> knownHosts, Optional<Path> key) {}

    /**
     * Reads the settings of a target, and creates its private folder.
     *
     * @throws IOException if one is missing or wrong, with its name
     */
    static ResticSettings of(CopyPrograms programs, String target, String prefix, Ssh ssh) throws IOException {
        return new ResticSettings(
                target,
                prefix,
                programs.required(prefix + ".repository").strip(),
                programs.required(prefix + ".password"),
                variables(programs.settings().apply(prefix + ".env").orElse("")),
                ssh,
                programs.folderOf(target));
    }

    /**
     * Parses a file of variables: {@code NAME=value} lines, with quotes or without, and comments.
     *
     * @throws IOException with the number of the first line of another form; its text may be a secret
     */
    static Map<String, String> variables(String text) throws IOException {
        if (text.length() > LARGEST_TEXT) {
            throw new IOException("the variables of restic have more than " + LARGEST_TEXT + " characters");
        }
        Map<String, String> variables = new LinkedHashMap<>();
        int number = 0;
        for (String raw : text.lines().toList()) {
            number++;
            String line = raw.strip();
            if (line.isEmpty() || line.startsWith("#")) {
                continue;
            }
            Matcher variable = VARIABLE.matcher(line);
            if (!variable.matches()) {
                throw new IOException("line " + number + " of the variables of restic is not NAME=value");
            }
            variables.put(variable.group(1), unquoted(variable.group(2)));
        }
        return variables;
    }

    private static String unquoted(String value) {
        char quote = value.isEmpty() ? ' ' : value.charAt(0);
        boolean isQuoted = value.length() > 1 && (quote == '"' || quote == '\'') && value.endsWith("" + quote);
        return isQuoted ? value.substring(1, value.length() - 1) : value;
    }

    /** Returns the variables of the process, which only its own user and root can read. */
    Map<String, String> environment() {
        Map<String, String> environment = new LinkedHashMap<>(variables);
        environment.keySet().removeIf(name -> name.startsWith("RESTIC_PASSWORD") || name.startsWith("RESTIC_REPO"));
        environment.put("RESTIC_REPOSITORY", repository);
        environment.put("RESTIC_PASSWORD", password);
        environment.putIfAbsent("HOME", folder.toString());
        environment.putIfAbsent("RESTIC_CACHE_DIR", folder.resolve("cache").toString());
        // Measured with a dump of 500 MB: 80 MB instead of 95 for a backup, and 125 MB instead of 175 to read it back.
        environment.putIfAbsent("GOGC", "20");
        // Parts of 16 MB and more, which may not fit into a /tmp in memory.
        environment.putIfAbsent("TMPDIR", folder.toString());
        return environment;
    }

    /** Returns the text without secrets. */
    String redacted(String text) {
        String shown = text;
        for (String secret : secrets()) {
            shown = shown.replace(secret, "***");
        }
        return shown;
    }

    private List<String> secrets() {
        Collection<String> secrets = new ArrayList<>(variables.values());
        secrets.add(repository);
        secrets.add(repository.substring(repository.indexOf(':') + 1));
        secrets.add(password);
        Matcher login = LOGIN.matcher(repository);
        if (login.find()) {
            secrets.add(login.group(1));
        }
        return secrets.stream()
                .map(String::strip)
                .filter(secret -> secret.length() >= SHORTEST_SECRET)
                .sorted((one, other) -> other.length() - one.length())
                .toList();
    }

    /** Returns the name of a setting of this target. */
    String setting(String name) {
        return prefix + "." + name;
    }

    @Override
    public String toString() {
        return "restic repository of " + target;
    }
}
