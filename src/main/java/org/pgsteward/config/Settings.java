package org.pgsteward.config;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The values of the {@code pgsteward.*} settings: the defaults of {@link AllSettings}, over them the environment as
 * {@link Environment} reads it, over that what a command itself decides. Settings of operators' own routes are here too.
 */
public final class Settings {
    /** The names of secrets, also of those that only an operator's route has. */
    private static final Pattern SECRET = Pattern.compile(".*\\.(password|token|secret|key|identity|url|topic)");

    private final Map<String, String> values;

    /** The variables that were set, by name of the setting. */
    private final Map<String, String> given;

    /** Files that variables name, with the values in them. */
    private final Set<Path> files;

    Settings(Map<String, String> values, Map<String, String> given, Set<Path> files) {
        this.values = values;
        this.given = given;
        this.files = Set.copyOf(files);
    }

    /** @throws IllegalArgumentException when a {@code _FILE} cannot be read, naming the variable and the file */
    public static Settings from(Map<String, String> environment) {
        return Environment.read(environment);
    }

    /**
     * Settings to check and not to run with.
     *
     * @param unread the secrets that are not here, each with the file that it should be in
     */
    public record Tolerant(Settings settings, List<String> unread) {}

    /** Does the same where secrets need not be at hand, as on a build machine: another value takes the place of one. */
    public static Tolerant withoutSecrets(Map<String, String> environment) {
        return Environment.withoutSecrets(environment);
    }

    /** The same with {@code decided} over them. */
    public Settings with(Map<String, String> decided) {
        Map<String, String> all = new TreeMap<>(values);
        all.putAll(decided);
        return new Settings(all, given, files);
    }

    /** The same as if {@code names} had not been set. */
    public Settings without(Set<String> names) {
        Map<String, String> all = new TreeMap<>(values);
        Map<String, String> defaults = defaults();
        names.forEach(name -> all.computeIfPresent(name, (same, value) -> defaults.get(name)));
        Map<String, String> others = new TreeMap<>(given);
        others.keySet().removeAll(names);
        return new Settings(all, others, files);
    }

    /** The defaults by name. */
    static Map<String, String> defaults() {
        Map<String, String> defaults = new TreeMap<>();
        AllSettings.all().forEach(setting -> setting.usual().ifPresent(usual -> defaults.put(setting.name(), usual)));
        return defaults;
    }

    /** The variables that were set, by name of the setting. */
    public Map<String, String> given() {
        return Map.copyOf(given);
    }

    /** The variable that has a setting, or would have. */
    public String variable(String name) {
        return given.getOrDefault(name, Setting.variable(name));
    }

    /** The text of any setting, also of one that only a route file has. */
    public Optional<String> get(String name) {
        return Optional.ofNullable(values.get(name)).filter(value -> !value.isBlank());
    }

    public boolean isSet(Setting<?> setting) {
        return get(setting.name()).isPresent();
    }

    /** @throws IllegalArgumentException when the value cannot be read, with the name and what to write */
    public <T> Optional<T> find(Setting<T> setting) {
        return get(setting.name()).map(setting::read);
    }

    /**
     * Reads a setting that has a default, or that must be set.
     *
     * @throws IllegalArgumentException when the value cannot be read, with the name and what to write
     * @throws NotSet when there is none
     */
    public <T> T value(Setting<T> setting) {
        return find(setting).orElseThrow(() -> NotSet.of(setting));
    }

    /** The values that must appear in no log and no message. */
    public List<String> secrets() {
        return values.entrySet().stream()
                .filter(entry -> isSecret(entry.getKey()))
                .map(Map.Entry::getValue)
                // A file of keys holds one a line.
                .flatMap(value ->
                        value.contains("\n") ? Stream.concat(Stream.of(value), value.lines()) : Stream.of(value))
                .filter(value -> !value.isBlank())
                .toList();
    }

    private static boolean isSecret(String name) {
        return SECRET.matcher(name).matches()
                || AllSettings.named(name)
                        .filter(setting -> setting.is(Setting.Trait.SECRET))
                        .isPresent();
    }

    /** The files that our own settings were read from: no service may have one of them for its own. */
    public Set<Path> files() {
        return files;
    }

    /** For the routes' placeholders: everything but the keys to the data, which no route has any use for. */
    public Map<String, String> forRoutes() {
        Map<String, String> shown = new TreeMap<>(values);
        AllSettings.all().stream()
                .filter(setting -> setting.is(Setting.Trait.NOT_FOR_ROUTES))
                .forEach(setting -> shown.remove(setting.name()));
        return shown;
    }
}
