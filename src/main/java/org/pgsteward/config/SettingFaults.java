package org.pgsteward.config;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;

/** All faults in the values of settings. */
public final class SettingFaults {
    private final Settings settings;
    private final Map<String, String> faults = new LinkedHashMap<>();

    private SettingFaults(Settings settings) {
        this.settings = settings;
    }

    /** Returns one line for each wrong setting, by its name; the line begins with the name. */
    public static Map<String, String> of(Settings settings) {
        return of(settings, AllSettings.SECTIONS.stream());
    }

    static Map<String, String> of(Settings settings, Stream<Section> sections) {
        SettingFaults found = new SettingFaults(settings);
        sections.forEach(found::check);
        return found.faults;
    }

    private void check(Section section) {
        for (Setting<?> setting : section.settings()) {
            check(setting, given -> given.value(setting));
            if (setting.is(Setting.Trait.SWITCH) && isGood(setting)) {
                ReceiverSettings.missing(settings, setting).ifPresent(fault -> faults.put(setting.name(), fault));
            }
        }
        for (Section.Check check : section.checks()) {
            // A wrong value is reported once, and not again by checks against other settings.
            if (isGood(check.setting())) {
                check(check.setting(), check.reading());
            }
        }
    }

    private boolean isGood(Setting<?> setting) {
        return settings.isSet(setting) && !faults.containsKey(setting.name());
    }

    private void check(Setting<?> setting, Section.Reading reading) {
        if (!settings.isSet(setting)) {
            return;
        }
        try {
            reading.read(settings);
        } catch (IllegalArgumentException | IOException e) {
            String name = setting.name();
            String fault = String.valueOf(e.getMessage());
            faults.put(name, fault.startsWith(name) ? fault : name + ": " + fault);
        }
    }
}
