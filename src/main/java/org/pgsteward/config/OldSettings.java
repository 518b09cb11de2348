package org.pgsteward.config;

import java.util.ArrayList;
import java.util.List;
import org.pgsteward.monitor.OldLevels;

/**
 * Variables with the previous names of settings and levels. They are read for one more version, and each use is
 * reported with its successor. {@link Section#formerly} declares the previous name of a setting, and {@link OldLevels}
 * has those of the levels.
 */
public final class OldSettings {
    private OldSettings() {}

    /**
     * Variable with the previous name of a setting.
     *
     * @param isRead false if the successor is set too, and takes precedence
     */
    record Variable(String name, String successor, boolean isRead) {
        private String advice() {
            return isRead
                    ? name + " is read for this version only; rename it to " + successor
                    : name + " is not read, because its new name " + successor + " is set; remove it";
        }
    }

    /** Returns one line for each variable with a previous name: the variable and its successor. */
    public static List<String> advice(Settings settings) {
        List<String> lines = new ArrayList<>();
        settings.oldVariables().forEach(variable -> lines.add(variable.advice()));
        OldLevels.among(settings.given().keySet(), settings::get).forEach((old, value) -> lines.add(old.advice(value)));
        return lines;
    }
}
