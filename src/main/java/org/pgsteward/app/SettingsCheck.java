package org.pgsteward.app;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.pgsteward.camel.lint.Placeholders;
import org.pgsteward.camel.lint.RouteFiles;
import org.pgsteward.config.AlertConfig;
import org.pgsteward.config.AllSettings;
import org.pgsteward.config.Setting;
import org.pgsteward.config.SettingFaults;
import org.pgsteward.config.Settings;
import org.pgsteward.model.Suggestions;
import org.pgsteward.monitor.OldLevels;

/** Check of all settings at once. Each fault is one line that begins with the variable that sets the value. */
public final class SettingsCheck {
    /** Settings of the launcher script and of {@code compose.yaml}, which start pgsteward with them. */
    private static final Set<String> NOT_OURS = Set.of("pgsteward.java.options", "pgsteward.image");

    private final Settings settings;
    private final Map<String, String> wrong = new LinkedHashMap<>();

    private SettingsCheck(Settings settings) {
        this.settings = settings;
        SettingFaults.of(settings).forEach(this::add);
    }

    /** Returns the faults in pgsteward's own settings, by key. */
    public static Map<String, String> wrong(Settings settings) {
        return new SettingsCheck(settings).wrong;
    }

    /** Returns the faults in pgsteward's own settings and in those that only route files read, by key. */
    public static Map<String, String> wrong(Settings settings, RouteFiles files) {
        SettingsCheck check = new SettingsCheck(settings);
        Placeholders placeholders = Placeholders.of(files);
        settings.given()
                .keySet()
                .forEach(key -> settings.get(key)
                        .flatMap(value -> placeholders.fault(key, value))
                        .ifPresent(fault -> check.add(key, key + " " + fault)));
        Set<String> receivers = files.receivers();
        String fallback = AlertConfig.FALLBACK.name();
        for (String name : settings.find(AlertConfig.FALLBACK).orElse(List.of())) {
            if (!receivers.contains(name)) {
                String hint = Suggestions.hint(name, receivers);
                check.add(
                        fallback,
                        fallback + " names '" + name + "', which is not a receiver; "
                                + (hint.isEmpty() ? "the receivers are " + String.join(", ", receivers) : hint));
            }
        }
        return check.wrong;
    }

    /** Returns the variables that neither pgsteward nor a route file reads, each with a suggestion. */
    public static List<String> unknown(Settings settings, RouteFiles files) {
        Set<String> known = new HashSet<>(Placeholders.of(files).keys());
        // A setting that only route files read is unknown if no route file reads it.
        AllSettings.all().stream()
                .filter(setting -> !setting.is(Setting.Trait.IN_ROUTES))
                .forEach(setting -> known.add(setting.name()));
        List<String> lines = new ArrayList<>();
        for (String key : new TreeSet<>(settings.given().keySet())) {
            if (!known.contains(key)
                    && !NOT_OURS.contains(key)
                    && OldLevels.of(key).isEmpty()) {
                String variable = settings.variable(key);
                String end = variable.length() > key.length() ? variable.substring(key.length()) : "";
                Set<String> names = new TreeSet<>();
                known.forEach(name -> names.add(settings.variable(name) + end));
                String hint = Suggestions.hint(variable, names);
                lines.add(variable + " is not a setting"
                        + (hint.isEmpty() ? ", and no route file reads {{" + key + "}}; remove it" : "; " + hint));
            }
        }
        return lines;
    }

    /** @throws IllegalArgumentException with the first fault, and the number of further faults */
    static void require(Settings settings) {
        Map<String, String> wrong = wrong(settings);
        if (!wrong.isEmpty()) {
            String first = wrong.values().iterator().next();
            throw new IllegalArgumentException(
                    wrong.size() == 1 ? first : first + " (and " + (wrong.size() - 1) + " more; see: pgsteward check)");
        }
    }

    private void add(String key, String line) {
        wrong.putIfAbsent(
                key,
                line.startsWith(key + " ") || line.startsWith(key + ":")
                        ? settings.variable(key) + line.substring(key.length())
                        : line);
    }
}
