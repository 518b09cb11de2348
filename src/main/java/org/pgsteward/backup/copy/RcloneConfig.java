package org.pgsteward.backup.copy;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The content of an rclone.conf. It is parsed more strictly than rclone does, so that rclone cannot see a remote that the
 * checks of {@link RcloneRule} did not see. Pure.
 *
 * @param sections the options of each remote, by name
 */
public record RcloneConfig(Map<String, Map<String, String>> sections) {
    private static final int MOST_CHARACTERS = 256 * 1024;
    private static final int MOST_SECTIONS = 200;

    /** Remotes may wrap each other. */
    private static final int DEEPEST = 10;

    private static final Pattern SECTION = Pattern.compile("\\[([\\p{L}\\p{N}_.+@ -]{1,100})]");
    private static final Pattern OPTION = Pattern.compile("([A-Za-z0-9_.-]{1,100})\\s*=\\s*(.*)");

    /** The name of a remote at the start of an address. */
    private static final Pattern NAMED = Pattern.compile("([^:/,=]+):.*", Pattern.DOTALL);

    /** Types that hand files over to the remotes that they name. */
    private static final Set<String> WRAPPERS =
            Set.of("alias", "crypt", "chunker", "compress", "hasher", "cache", "union", "combine");

    /** Options that appear in messages and are not secret. */
    private static final Set<String> HARMLESS = Set.of(
            "type",
            "host",
            "port",
            "user",
            "remote",
            "upstreams",
            "provider",
            "region",
            "endpoint",
            "url",
            "vendor",
            "known_hosts_file",
            "key_file",
            "shell_type",
            "md5sum_command",
            "sha1sum_command",
            "location_constraint",
            "acl",
            "path_override",
            "subsystem",
            "filename_encryption",
            "directory_name_encryption",
            "env_auth");

    private static final Pattern JSON_TEXT = Pattern.compile("\"((?:[^\"\\\\]|\\\\.){4,})\"");

    /** Values shorter than that would match parts of words. */
    private static final int SHORTEST_SECRET = 4;

    public RcloneConfig {
        Map<String, Map<String, String>> copy = new LinkedHashMap<>();
        sections.forEach((name, options) -> copy.put(name, Map.copyOf(options)));
        sections = copy;
    }

    /**
     * Parses an rclone.conf.
     *
     * @throws IllegalArgumentException if it cannot be used, with the number of the line but not its content
     */
    public static RcloneConfig parse(String text) {
        if (text.length() > MOST_CHARACTERS) {
            throw new IllegalArgumentException(
                    "rclone.conf has more than " + MOST_CHARACTERS + " characters, the limit");
        }
        Map<String, Map<String, String>> sections = new LinkedHashMap<>();
        Map<String, String> current = null;
        int number = 0;
        for (String line : text.lines().map(String::strip).toList()) {
            number++;
            if (line.startsWith("RCLONE_ENCRYPT_")) {
                throw new IllegalArgumentException(
                        "rclone.conf is encrypted, and pgsteward has no password for it; decrypt it with `rclone config`");
            }
            Matcher section = SECTION.matcher(line);
            Matcher option = OPTION.matcher(line);
            if (line.isEmpty() || line.startsWith("#") || line.startsWith(";")) {
                continue;
            }
            if (section.matches()) {
                current = sections.computeIfAbsent(section.group(1), none -> new LinkedHashMap<>());
            } else if (option.matches() && current != null && !continues(line, option.group(2))) {
                current.put(option.group(1), option.group(2));
            } else {
                throw new IllegalArgumentException(
                        "line " + number
                                + " of rclone.conf is neither a name in brackets nor KEY = VALUE; write it with `rclone config`");
            }
        }
        if (sections.size() > MOST_SECTIONS) {
            throw new IllegalArgumentException("rclone.conf has more than " + MOST_SECTIONS + " remotes, the limit");
        }
        return new RcloneConfig(sections);
    }

    /** Returns whether the value would continue on the next line. */
    private static boolean continues(String line, String value) {
        return line.endsWith("\\") || value.startsWith("\"\"\"") || value.startsWith("`");
    }

    /** Returns the option of a remote; empty if it has none. */
    Optional<String> option(String remote, String key) {
        return Optional.ofNullable(sections.getOrDefault(remote, Map.of()).get(key))
                .filter(value -> !value.isBlank());
    }

    String type(String remote) {
        return option(remote, "type").orElse("").toLowerCase(Locale.ROOT);
    }

    /** Returns the name of the remote in an address such as {@code nas:pgsteward}. */
    public static Optional<String> nameIn(String address) {
        Matcher named = NAMED.matcher(address);
        return named.matches() ? Optional.of(named.group(1)) : Optional.empty();
    }

    /** Returns the addresses to which a remote hands its files over; empty if it is no wrapper. */
    List<String> wrapped(String remote) {
        if (!WRAPPERS.contains(type(remote))) {
            return List.of();
        }
        List<String> addresses = new ArrayList<>();
        option(remote, "remote").ifPresent(addresses::add);
        option(remote, "upstreams")
                .ifPresent(upstreams -> Stream.of(upstreams.split("\\s+"))
                        .map(word -> word.replaceAll("^\"?(?:[^:=]*=)?|\"$", ""))
                        .forEach(addresses::add));
        return addresses;
    }

    /** Returns whether all files of a remote are encrypted by rclone before they leave this host. */
    public boolean isEncrypted(String remote) {
        return all(remote, DEEPEST, name -> type(name).equals("crypt"));
    }

    /** Returns whether all files of a remote stay on this host. */
    public boolean isLocal(String remote) {
        return all(remote, DEEPEST, name -> name.isEmpty() || type(name).equals("local"));
    }

    private boolean all(String remote, int depth, java.util.function.Predicate<String> wanted) {
        if (wanted.test(remote)) {
            return true;
        }
        List<String> addresses = wrapped(remote);
        return depth > 0
                && !addresses.isEmpty()
                && addresses.stream()
                        .map(address -> address.startsWith("/") ? Optional.of("") : nameIn(address))
                        .allMatch(name ->
                                name.filter(one -> all(one, depth - 1, wanted)).isPresent());
    }

    /** Returns the names of the remotes, but no value: each may be secret. */
    @Override
    public String toString() {
        return "RcloneConfig" + sections.keySet();
    }

    /** Returns the values that no message may contain: also the passwords that are obscured here, and parts of tokens. */
    Set<String> secrets() {
        Set<String> secrets = new LinkedHashSet<>();
        sections.values()
                .forEach(options -> options.forEach((key, value) -> {
                    if (!HARMLESS.contains(key)) {
                        addShapes(value, secrets);
                    }
                }));
        secrets.removeIf(
                secret -> secret.length() < SHORTEST_SECRET || secret.equals("true") || secret.equals("false"));
        return new HashSet<>(secrets);
    }

    private static void addShapes(String value, Set<String> secrets) {
        secrets.add(value);
        RcloneObscure.reveal(value).ifPresent(secrets::add);
        Matcher part = JSON_TEXT.matcher(value);
        while (part.find()) {
            secrets.add(part.group(1));
        }
        // A key in one line has its line breaks as \n.
        secrets.addAll(List.of(value.split("\\\\n")));
    }
}
