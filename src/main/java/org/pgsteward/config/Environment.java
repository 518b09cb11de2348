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
import java.util.TreeMap;
import org.pgsteward.io.BoundedFile;

/**
 * Parser of the environment: {@code PGSTEWARD_BACKUP_DIR} sets {@code pgsteward.backup.dir}, and {@code
 * PGSTEWARD_X_Y_FILE} names a file with the value of {@code PGSTEWARD_X_Y}. One newline at the end of the file is not
 * part of the value.
 */
final class Environment {
    /** Size limit of a file, in bytes. */
    private static final int MOST_BYTES = 1024 * 1024;

    private static final String PREFIX = "PGSTEWARD_";
    private static final String FILE = "_FILE";

    private Environment() {}

    static Settings read(Map<String, String> environment) {
        Map<String, String> values = Settings.defaults();
        Map<String, String> given = new TreeMap<>();
        Set<Path> files = new HashSet<>();
        environment.forEach((variable, value) -> {
            if (!variable.startsWith(PREFIX)) {
                return;
            }
            if (namesFile(variable)) {
                String name = name(variable.substring(0, variable.length() - FILE.length()));
                if (!value.isEmpty() && !(has(name, Setting.Trait.FILE_MAY_BE_MISSING) && isMissing(value))) {
                    values.put(name, content(variable, value));
                    given.put(name, variable);
                    files.add(Path.of(value));
                }
                return;
            }
            String name = name(variable);
            boolean set = !value.isEmpty() || has(name, Setting.Trait.EMPTY_IS_OFF);
            if (set && environment.getOrDefault(variable + FILE, "").isEmpty()) {
                values.put(name, value);
                given.put(name, variable);
            }
        });
        return new Settings(values, given, files);
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
            throw new IllegalArgumentException(variable + " names " + file + ", which is not there", e);
        } catch (AccessDeniedException e) {
            throw new IllegalArgumentException(variable + " names " + file + ", which may not be read", e);
        } catch (IOException | InvalidPathException e) {
            throw new IllegalArgumentException(
                    variable + " names " + file + ", which cannot be read: " + e.getMessage(), e);
        }
    }
}
