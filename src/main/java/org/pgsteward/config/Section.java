package org.pgsteward.config;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/** Settings of one capability, in the order of the reference. A section creates the constants of its settings. */
public final class Section {
    private final String heading;
    private final String introduction;
    private final List<Setting<?>> settings = new ArrayList<>();
    private final List<Check> checks = new ArrayList<>();
    private final SortedMap<String, Setting<?>> oldNames = new TreeMap<>();

    /** @param introduction for the reference, in Markdown; may be empty */
    Section(String heading, String introduction) {
        this.heading = heading;
        this.introduction = introduction;
    }

    /**
     * A check beyond the form of one value: a file that must exist, or settings that must fit together.
     *
     * @param setting the setting that the fault names; without a value for it, the check is skipped
     */
    record Check(Setting<?> setting, Reading reading) {}

    /** Function that reads settings as the program will. */
    @FunctionalInterface
    interface Reading {
        /**
         * @throws IllegalArgumentException if the settings do not fit
         * @throws IOException if a file cannot be used
         */
        Object read(Settings settings) throws IOException;
    }

    /** Adds a setting with a default. */
    <T> Setting<T> setting(String name, Form<T> form, String usual, String description, Setting.Trait... traits) {
        return add(new Setting<>(name, form, Optional.of(usual), "", description, Set.of(traits)));
    }

    /**
     * Adds a setting without a default.
     *
     * @param otherwise effect of the missing value, for the reference
     */
    <T> Setting<T> optional(String name, Form<T> form, String otherwise, String description, Setting.Trait... traits) {
        return add(new Setting<>(name, form, Optional.empty(), otherwise, description, Set.of(traits)));
    }

    /** Adds a setting with its form and default in the route files. */
    Setting<String> inRoutes(String name, String description, Setting.Trait... traits) {
        return inRoutes(name, Form.TEXT, description, traits);
    }

    /** Adds a setting with its default in the route files, and with a form that is checked here too. */
    <T> Setting<T> inRoutes(String name, Form<T> form, String description, Setting.Trait... traits) {
        Set<Setting.Trait> all = new java.util.HashSet<>(Set.of(traits));
        all.add(Setting.Trait.IN_ROUTES);
        return add(new Setting<>(name, form, Optional.empty(), "none", description, all));
    }

    /**
     * Reads the setting under its previous name as well, for one more version. See {@link OldSettings}.
     *
     * @param old previous name, such as {@code pgsteward.reproof.count}
     */
    <T> Setting<T> formerly(String old, Setting<T> setting) {
        oldNames.put(old, setting);
        return setting;
    }

    void check(Setting<?> setting, Reading reading) {
        checks.add(new Check(setting, reading));
    }

    private <T> Setting<T> add(Setting<T> setting) {
        settings.add(setting);
        return setting;
    }

    public String heading() {
        return heading;
    }

    public String introduction() {
        return introduction;
    }

    public List<Setting<?>> settings() {
        return List.copyOf(settings);
    }

    /** Returns the settings by their previous names. */
    Map<String, Setting<?>> oldNames() {
        return Collections.unmodifiableMap(oldNames);
    }

    List<Check> checks() {
        return List.copyOf(checks);
    }
}
