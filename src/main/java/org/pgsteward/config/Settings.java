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
 * Values of the {@code pgsteward.*} settings. {@link Environment} overrides the defaults of {@link AllSettings}, and a
 * command overrides both. Settings of operators' own routes are included.
 */
public final class Settings {
    /** Names of secrets, including settings that only an operator's route has. */
    private static final Pattern SECRET = Pattern.compile(
            ".*\\.(password|token|secret|key|identity|url|topic)|pgsteward\\.copy\\.[a-z0-9]+\\.(config|env)");

    private final Map<String, String> values;

    /** The variables that were set, by name of the setting. */
    private final Map<String, String> given;

    /** Files that hold the values of variables {@code ..._FILE}. */
    private final Set<Path> files;

    private final List<OldSettings.Variable> oldVariables;

    Settings(
            Map<String, String> values,
            Map<String, String> given,
            Set<Path> files,
            List<OldSettings.Variable> oldVariables) {
        this.values = values;
        this.given = given;
        this.files = Set.copyOf(files);
        this.oldVariables = List.copyOf(oldVariables);
    }

    /** @throws IllegalArgumentException if a {@code _FILE} cannot be read, with the variable and the file */
    public static Settings from(Map<String, String> environment) {
        return Environment.read(environment);
    }

    /**
     * Settings for checks, not for work.
     *
     * @param unread secrets that are missing here, each with the file that should hold it
     */
    public record Tolerant(Settings settings, List<String> unread) {}

    /**
     * Reads the environment and replaces missing secrets by placeholders, for checks on a machine without them, such as
     * a build machine.
     */
    public static Tolerant withoutSecrets(Map<String, String> environment) {
        return Environment.withoutSecrets(environment);
    }

    /** Returns these settings with the values of {@code decided} instead of their own. */
    public Settings with(Map<String, String> decided) {
        Map<String, String> all = new TreeMap<>(values);
        decided.forEach((name, value) -> all.put(AllSettings.currentName(name), value));
        return new Settings(all, given, files, oldVariables);
    }

    /** Returns these settings with the defaults for {@code names}, as if no variable had set them. */
    public Settings without(Set<String> names) {
        Map<String, String> all = new TreeMap<>(values);
        Map<String, String> defaults = defaults();
        names.forEach(name -> all.computeIfPresent(name, (same, value) -> defaults.get(name)));
        Map<String, String> others = new TreeMap<>(given);
        others.keySet().removeAll(names);
        return new Settings(all, others, files, oldVariables);
    }

    /** Returns the defaults by name. */
    static Map<String, String> defaults() {
        Map<String, String> defaults = new TreeMap<>();
        AllSettings.all().forEach(setting -> setting.usual().ifPresent(usual -> defaults.put(setting.name(), usual)));
        return defaults;
    }

    /** Returns the variables that were set, by name of the setting. */
    public Map<String, String> given() {
        return Map.copyOf(given);
    }

    /** Returns the variables that were set and have the previous name of a setting. */
    List<OldSettings.Variable> oldVariables() {
        return oldVariables;
    }

    /** Returns the variable that sets, or would set, the setting. */
    public String variable(String name) {
        return given.getOrDefault(name, Setting.variable(name));
    }

    /** Returns the text of any setting, including those that only a route file has. */
    public Optional<String> get(String name) {
        return Optional.ofNullable(values.get(name)).filter(value -> !value.isBlank());
    }

    public boolean isSet(Setting<?> setting) {
        return get(setting.name()).isPresent();
    }

    /** @throws IllegalArgumentException if the value cannot be parsed, with the name and the expected form */
    public <T> Optional<T> find(Setting<T> setting) {
        return get(setting.name()).map(setting::read);
    }

    /**
     * Reads a setting that has a default, or that must be set.
     *
     * @throws IllegalArgumentException if the value cannot be parsed, with the name and the expected form
     * @throws NotSet if there is no value
     */
    public <T> T value(Setting<T> setting) {
        return find(setting).orElseThrow(() -> NotSet.of(setting));
    }

    /** Returns the values that must appear in no log and no message. */
    public List<String> secrets() {
        return values.entrySet().stream()
                .filter(entry -> isSecret(entry.getKey()))
                .map(Map.Entry::getValue)
                // A file of keys has one key in each line.
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

    /** Returns the files that pgsteward's own settings were read from: no service may use one of them. */
    public Set<Path> files() {
        return files;
    }

    /**
     * Returns the values for the routes' placeholders, also under the previous names of settings, which an edited route
     * file may still have. The keys to the data are left out, because no route needs them.
     */
    public Map<String, String> forRoutes() {
        Map<String, String> shown = new TreeMap<>(values);
        AllSettings.oldNames().forEach((old, setting) -> {
            String value = values.get(setting.name());
            if (value != null && !setting.is(Setting.Trait.NOT_FOR_ROUTES)) {
                shown.put(old, value);
            }
        });
        AllSettings.all().stream()
                .filter(setting -> setting.is(Setting.Trait.NOT_FOR_ROUTES))
                .forEach(setting -> shown.remove(setting.name()));
        return shown;
    }
}
