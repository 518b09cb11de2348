package org.pgsteward.config;

import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * One setting, in the only place that has its name, form, default and description.
 *
 * @param name such as {@code pgsteward.backup.dir}
 * @param form how its value is written
 * @param usual its default; empty where it has none, and where the route files have it
 * @param otherwise the default in words, where it has none
 * @param description for the reference, in Markdown
 */
public record Setting<T>(
        String name, Form<T> form, Optional<String> usual, String otherwise, String description, Set<Trait> traits) {
    /** A property of few settings. */
    public enum Trait {
        /** Its value is in no message and no log. */
        SECRET,
        /** A key to the data: no route file gets it. */
        NOT_FOR_ROUTES,
        /** An empty variable is not a missing one: it switches the setting off. */
        EMPTY_IS_OFF,
        /** The file that its {@code _FILE} names need not exist. */
        FILE_MAY_BE_MISSING,
        /** Set, it switches a receiver on: {@code pgsteward.mail.to} the routes with {@code pgsteward.mail.enabled}. */
        SWITCH,
        /** The receiver does not work without it. */
        NEEDED,
        /**
         * Route files use it as a placeholder, and have the form and the default there: {@code {{pgsteward.monitor.period:30s}}}.
         * That is where an operator sees and edits it, and an edited file may have another default.
         */
        IN_ROUTES
    }

    public Setting {
        traits = Set.copyOf(traits);
    }

    public boolean is(Trait trait) {
        return traits.contains(trait);
    }

    /** The environment variable that gives it, such as {@code PGSTEWARD_BACKUP_DIR}. */
    public String variable() {
        return variable(name);
    }

    /** What the names of a receiver's settings have in common, such as {@code pgsteward.mail}. */
    String receiver() {
        return name.substring(0, name.lastIndexOf('.'));
    }

    static String variable(String name) {
        return name.toUpperCase(Locale.ROOT).replace('.', '_');
    }

    /** How its value is written, in a word or two for the reference. */
    public String words() {
        return form.words();
    }

    T read(String text) {
        return form.reading().read(name, text);
    }
}
