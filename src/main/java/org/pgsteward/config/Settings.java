package org.pgsteward.config;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.pgsteward.io.BoundedFile;
import org.pgsteward.model.Elapsed;
import org.pgsteward.model.Percent;
import org.pgsteward.model.Secret;
import org.pgsteward.model.Size;

/**
 * The {@code pgsteward.*} settings: what is shipped, over it the environment ({@code PGSTEWARD_BACKUP_DIR} for
 * {@code pgsteward.backup.dir}; {@code PGSTEWARD_X_FILE} names a file that holds the value, of which one trailing newline
 * is dropped), over it what a command itself decides.
 */
public final class Settings {
    /** Bytes of a file that is read. */
    private static final int MOST_BYTES = 1024 * 1024;

    private static final String PREFIX = "PGSTEWARD_";
    private static final String FILE = "_FILE";

    /** The administrator's password, without which nothing works. */
    public static final String PASSWORD = "pgsteward.postgres.password";

    /** The setting whose value is a path, and whose name ends like one that names a file with the value. */
    private static final String CATALOGUE = PREFIX + "CATALOGUE" + FILE;

    /**
     * The file that need not be there: compose.yaml names it, and a checkout that was set up by an older version has none
     * until the next {@code init}. Without it a key of the state folder signs.
     */
    private static final String MANIFEST_KEY = PREFIX + "BACKUP_MANIFEST_KEY" + FILE;

    /** The setting that is switched off by leaving it empty; of all others an empty one is none. */
    private static final String BASE_SCHEDULE = PREFIX + "BACKUP_BASE_SCHEDULE";

    /** What a key's last part says of its value. */
    private static final Pattern SECRET = Pattern.compile(".*\\.(password|token|secret|key|identity|url|topic)");

    private final Map<String, String> values;

    /** The variables that were set, by key. */
    private final Map<String, String> given;

    /** Those that variables name, with the values in them. */
    private final Set<Path> files;

    private Settings(Map<String, String> values, Map<String, String> given, Set<Path> files) {
        this.values = values;
        this.given = given;
        this.files = Set.copyOf(files);
    }

    /**
     * @throws IllegalArgumentException when a {@code _FILE} cannot be read, naming the variable and the file
     * @throws IOException when what is shipped cannot be read
     */
    public static Settings from(Map<String, String> environment) throws IOException {
        Map<String, String> values = shipped();
        Map<String, String> given = new TreeMap<>();
        Set<Path> files = new HashSet<>();
        for (Map.Entry<String, String> variable : environment.entrySet()) {
            String name = variable.getKey();
            if (!name.startsWith(PREFIX) || (variable.getValue().isEmpty() && !name.equals(BASE_SCHEDULE))) {
                continue;
            }
            if (name.equals(MANIFEST_KEY) && isMissing(variable.getValue())) {
                continue;
            }
            if (name.endsWith(FILE) && !name.equals(CATALOGUE)) {
                String key = key(name.substring(0, name.length() - FILE.length()));
                values.put(key, content(name, variable.getValue()));
                given.put(key, name);
                files.add(Path.of(variable.getValue()));
            } else if (environment.getOrDefault(name + FILE, "").isEmpty()) {
                values.put(key(name), variable.getValue());
                given.put(key(name), name);
            }
        }
        return new Settings(values, given, files);
    }

    /**
     * Settings to look at and not to run with.
     *
     * @param unread the secrets that are not here, each with the file that it should be in
     */
    public record Tolerant(Settings settings, List<String> unread) {}

    /** The same where secrets need not be at hand, as on a build machine: another value takes the place of one. */
    public static Tolerant withoutSecrets(Map<String, String> environment) throws IOException {
        Map<String, String> here = new TreeMap<>(environment);
        List<String> unread = new ArrayList<>();
        environment.forEach((name, value) -> {
            if (name.startsWith(PREFIX)
                    && name.endsWith(FILE)
                    && !name.equals(CATALOGUE)
                    && !value.isEmpty()
                    && !Files.isReadable(Path.of(value))) {
                here.remove(name);
                unread.add(name + " names " + value);
                String plain = name.substring(0, name.length() - FILE.length());
                standIn(key(plain)).ifPresent(standIn -> here.put(plain, standIn));
            }
        });
        Settings settings = from(here);
        String password = "pgsteward.postgres.password";
        return new Tolerant(
                settings.get(password).isPresent() ? settings : settings.with(Map.of(password, "missing")), unread);
    }

    /** What passes for it; nothing for what is looked at closely, such as a key, and may as well be left out. */
    private static Optional<String> standIn(String key) {
        return key.endsWith(".url")
                ? Optional.of("http://missing.invalid")
                : key.matches(".*\\.(password|token|topic)") ? Optional.of("missing") : Optional.empty();
    }

    /** The same with {@code decided} over them. */
    public Settings with(Map<String, String> decided) {
        Map<String, String> values = new TreeMap<>(this.values);
        values.putAll(decided);
        return new Settings(values, given, files);
    }

    /** The same as if {@code keys} had not been set. */
    public Settings without(Set<String> keys) throws IOException {
        Map<String, String> values = new TreeMap<>(this.values);
        Map<String, String> shipped = shipped();
        keys.forEach(key -> values.computeIfPresent(key, (same, value) -> shipped.get(key)));
        Map<String, String> given = new TreeMap<>(this.given);
        given.keySet().removeAll(keys);
        return new Settings(values, given, files);
    }

    /** The variables that were set, by key. */
    public Map<String, String> given() {
        return Map.copyOf(given);
    }

    /** The variable that has a setting, or would have. */
    public String variable(String key) {
        return given.getOrDefault(key, key.toUpperCase(Locale.ROOT).replace('.', '_'));
    }

    public Optional<String> get(String key) {
        return Optional.ofNullable(values.get(key)).filter(value -> !value.isBlank());
    }

    /** @throws IllegalArgumentException when it is not set, with its name and how to set it */
    public String require(String key) {
        return get(key).orElseThrow(() -> missing(key));
    }

    /** @throws IllegalArgumentException when it is not set, with its name and how to set it */
    public Secret secret(String key) {
        return new Secret(get(key).orElseThrow(() -> missing(key)));
    }

    public Path path(String key) {
        return Path.of(require(key)).toAbsolutePath().normalize();
    }

    /** @throws IllegalArgumentException when it is no whole number */
    public int number(String key) {
        String value = require(key);
        try {
            return Integer.parseInt(value.strip());
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(key + " is '" + value + "', not a whole number", e);
        }
    }

    /** @throws IllegalArgumentException when it is none; 0 is any that is free */
    public int port(String key) {
        int port = number(key);
        if (port < 0 || port > 65_535) {
            throw new IllegalArgumentException(key + " is '" + port + "', not a port from 1 to 65535");
        }
        return port;
    }

    /** @throws IllegalArgumentException when it is no whole number with one of the units s, m, h and d */
    public Duration duration(String key) {
        return Elapsed.parse(key, require(key));
    }

    /** @throws IllegalArgumentException when it is not bytes, or a whole number with one of the units k, m and g */
    public long bytes(String key) {
        String value = require(key).strip();
        return Size.read(value)
                .orElseThrow(() ->
                        new IllegalArgumentException(key + " is '" + value + "', not a size such as 500k, 1m or 2g"));
    }

    /**
     * @return 0.5 for {@code 50%}
     * @throws IllegalArgumentException when it is no percentage
     */
    public double share(String key) {
        String value = require(key).strip();
        return Percent.read(value)
                        .orElseThrow(() ->
                                new IllegalArgumentException(key + " is '" + value + "', not a share such as 50%"))
                / 100;
    }

    /** A list separated by commas; empty when it is not set. */
    public Set<String> words(String key) {
        return get(key).stream()
                .flatMap(list -> Stream.of(list.split(",")))
                .map(String::strip)
                .filter(word -> !word.isEmpty())
                .collect(Collectors.toUnmodifiableSet());
    }

    /** The values that must appear in no log and no message. */
    public List<String> secrets() {
        return values.entrySet().stream()
                .filter(setting -> SECRET.matcher(setting.getKey()).matches())
                .map(Map.Entry::getValue)
                // A file of keys holds one a line.
                .flatMap(value ->
                        value.contains("\n") ? Stream.concat(Stream.of(value), value.lines()) : Stream.of(value))
                .filter(value -> !value.isBlank())
                .toList();
    }

    /** The files that our own settings were read from: no service may have one of them for its own. */
    public Set<Path> files() {
        return files;
    }

    /** For the routes' placeholders: everything but the keys to the data, which no route has any use for. */
    public Map<String, String> forRoutes() {
        Map<String, String> shown = new TreeMap<>(values);
        shown.remove("pgsteward.postgres.password");
        shown.remove("pgsteward.backup.identity");
        shown.remove("pgsteward.backup.manifest.key");
        return shown;
    }

    public static IllegalArgumentException missing(String key) {
        String variable = key.toUpperCase(Locale.ROOT).replace('.', '_');
        return new NotSet(
                key,
                key + " is not set: set " + variable + ", or " + variable + FILE
                        + " to the path of a file that holds it");
    }

    private static String key(String variable) {
        return variable.toLowerCase(Locale.ROOT).replace('_', '.');
    }

    private static boolean isMissing(String file) {
        try {
            return Files.notExists(Path.of(file));
        } catch (InvalidPathException e) {
            return false;
        }
    }

    private static String content(String variable, String file) {
        try {
            return BoundedFile.textOfAny(Path.of(file), MOST_BYTES).replaceFirst("\\R\\z", "");
        } catch (NoSuchFileException e) {
            throw new IllegalArgumentException(variable + " names " + file + ", which is not there", e);
        } catch (AccessDeniedException e) {
            throw new IllegalArgumentException(variable + " names " + file + ", which may not be read", e);
        } catch (IOException | InvalidPathException e) {
            throw new IllegalArgumentException(
                    variable + " names " + file + ", which cannot be read: " + e.getMessage(), e);
        }
    }

    public static Set<String> shippedKeys() {
        try {
            return shipped().keySet();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Map<String, String> shipped() throws IOException {
        Properties properties = new Properties();
        try (InputStream file = Settings.class.getResourceAsStream("/application.properties")) {
            properties.load(file);
        }
        Map<String, String> values = new TreeMap<>();
        properties.forEach((key, value) -> {
            if (key.toString().startsWith("pgsteward.")) {
                values.put(key.toString(), value.toString());
            }
        });
        return values;
    }
}
