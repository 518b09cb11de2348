package org.pgsteward.config;

import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * One setting. This is the only place of its name, form, default and description.
 *
 * @param name such as {@code pgsteward.backup.dir}
 * @param form the form of its value
 * @param usual its default; empty if it has none, or if the route files have it
 * @param otherwise the default in words, if it has no value
 * @param description for the reference, in Markdown
 */
public record Setting<T>(
        String name, Form<T> form, Optional<String> usual, String otherwise, String description, Set<Trait> traits) {
    /** A property of few settings. */
    public enum Trait {
        /** The value appears in no message and no log. */
        SECRET,
        /** A key to the data: no route file gets it. */
        NOT_FOR_ROUTES,
        /** An empty variable is not a missing one: it switches the setting off. */
        EMPTY_IS_OFF,
        /** The file that the variable's {@code _FILE} names need not exist. */
        FILE_MAY_BE_MISSING,
        /**
         * A value switches a receiver on: {@code pgsteward.mail.to} starts the routes with {@code
         * pgsteward.mail.enabled}.
         */
        SWITCH,
        /** The receiver does not work without it. */
        NEEDED,
        /**
         * Route files use it as a placeholder, with its form and default: {@code {{pgsteward.monitor.period:30s}}}.
         * Operators see and edit it there, and an edited file may have another default.
         */
        IN_ROUTES
    }

    public Setting {
        traits = Set.copyOf(traits);
    }

    public boolean is(Trait trait) {
        return traits.contains(trait);
    }

    /** Returns the environment variable of the setting, such as {@code PGSTEWARD_BACKUP_DIR}. */
    public String variable() {
        return variable(name);
    }

    /** Returns the common start of the names of a receiver's settings, such as {@code pgsteward.mail}. */
    String receiver() {
        return name.substring(0, name.lastIndexOf('.'));
    }

    static String variable(String name) {
        return name.toUpperCase(Locale.ROOT).replace('.', '_');
    }

    /** Returns the form of the value, in a word or two for the reference. */
    public String words() {
        return form.words();
    }

    T read(String text) {
        return form.reading().read(name, text);
    }
}
