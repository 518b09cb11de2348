package org.pgsteward.config;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.pgsteward.io.BoundedFile;

/**
 * Parser of the environment: {@code PGSTEWARD_BACKUP_DIR} sets {@code pgsteward.backup.dir}, and {@code
 * PGSTEWARD_X_Y_FILE} names a file with the value of {@code PGSTEWARD_X_Y}. One newline at the end of the file is not
 * part of the value. A variable of a setting's previous name is read unless the present name is set.
 */
final class Environment {
    /** Size limit of a file, in bytes. */
    private static final int MOST_BYTES = 1024 * 1024;

    private static final String PREFIX = "PGSTEWARD_";
    private static final String FILE = "_FILE";

    private final Map<String, String> environment;
    private final Map<String, String> values = Settings.defaults();
    private final Map<String, String> given = new TreeMap<>();
    private final Set<Path> files = new HashSet<>();

    private Environment(Map<String, String> environment) {
        this.environment = environment;
    }

    static Settings read(Map<String, String> environment) {
        return new Environment(environment).settings();
    }

    private Settings settings() {
        SortedMap<String, String> present = new TreeMap<>();
        SortedMap<String, String> previous = new TreeMap<>();
        environment.forEach((variable, value) -> {
            if (variable.startsWith(PREFIX)) {
                (isOld(variable) ? previous : present).put(variable, value);
            }
        });
        present.forEach(this::read);
        Set<String> set = Set.copyOf(given.keySet());
        List<OldSettings.Variable> old = new ArrayList<>();
        previous.forEach((variable, value) -> {
            String name = AllSettings.currentName(written(variable));
            String successor = Setting.variable(name) + (namesFile(variable) ? FILE : "");
            if (!value.isEmpty()) {
                old.add(new OldSettings.Variable(variable, successor, !set.contains(name)));
            }
            if (!set.contains(name)) {
                read(variable, value);
            }
        });
        return new Settings(values, given, files, old);
    }

    private void read(String variable, String value) {
        String name = AllSettings.currentName(written(variable));
        if (namesFile(variable)) {
            if (!value.isEmpty() && !(has(name, Setting.Trait.FILE_MAY_BE_MISSING) && isMissing(value))) {
                values.put(name, content(variable, value));
                given.put(name, variable);
                files.add(Path.of(value));
            }
            return;
        }
        boolean set = !value.isEmpty() || has(name, Setting.Trait.EMPTY_IS_OFF);
        if (set && environment.getOrDefault(variable + FILE, "").isEmpty()) {
            values.put(name, value);
            given.put(name, variable);
        }
    }

    static Settings.Tolerant withoutSecrets(Map<String, String> environment) {
        Map<String, String> here = new TreeMap<>(environment);
        List<String> unread = new ArrayList<>();
        environment.forEach((variable, value) -> {
            if (variable.startsWith(PREFIX)
                    && namesFile(variable)
                    && !value.isEmpty()
                    && !Files.isReadable(Path.of(value))) {
                here.remove(variable);
                unread.add(variable + " names " + value);
                String plain = variable.substring(0, variable.length() - FILE.length());
                standIn(name(plain)).ifPresent(standIn -> here.put(plain, standIn));
            }
        });
        Settings settings = read(here);
        return new Settings.Tolerant(
                settings.isSet(PostgresConfig.PASSWORD)
                        ? settings
                        : settings.with(Map.of(PostgresConfig.PASSWORD.name(), "missing")),
                unread);
    }

    /**
     * Returns a placeholder for a missing secret; empty for a key. A key's form is checked strictly, and a key may be
     * left out.
     */
    private static Optional<String> standIn(String name) {
        return name.endsWith(".url")
                ? Optional.of("http://missing.invalid")
                : name.matches(".*\\.(password|token|topic)") ? Optional.of("missing") : Optional.empty();
    }

    /**
     * Returns whether a variable names a file with a value. {@code PGSTEWARD_CATALOGUE_FILE} ends likewise, but is a
     * setting itself.
     */
    private static boolean namesFile(String variable) {
        return variable.endsWith(FILE) && AllSettings.named(name(variable)).isEmpty();
    }

    /** Returns whether a variable has the previous name of a setting. */
    private static boolean isOld(String variable) {
        String name = written(variable);
        return !AllSettings.currentName(name).equals(name);
    }

    /** Returns the name of the setting as the variable spells it, possibly a previous name. */
    private static String written(String variable) {
        return name(namesFile(variable) ? variable.substring(0, variable.length() - FILE.length()) : variable);
    }

    private static boolean has(String name, Setting.Trait trait) {
        return AllSettings.named(name).filter(setting -> setting.is(trait)).isPresent();
    }

    private static String name(String variable) {
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
            throw new IllegalArgumentException(variable + " names " + file + ", which does not exist", e);
        } catch (AccessDeniedException e) {
            throw new IllegalArgumentException(variable + " names " + file + ", which pgsteward may not read", e);
        } catch (IOException | InvalidPathException e) {
            throw new IllegalArgumentException(
                    variable + " names " + file + ", which cannot be read: " + e.getMessage(), e);
        }
    }
}
