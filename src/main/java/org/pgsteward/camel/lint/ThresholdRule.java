package org.pgsteward.camel.lint;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.pgsteward.monitor.OldLevels;
import org.pgsteward.monitor.ThresholdsFile;
import org.pgsteward.monitor.WrongThreshold;

/** Check of the levels in {@code thresholds.yaml}, and in the obsolete variables that override them. */
final class ThresholdRule {
    private ThresholdRule() {}

    /** @param text text of the file; empty if it does not exist */
    static List<Problem> problems(Optional<String> text, Map<String, String> settings) {
        try {
            ThresholdsFile.read(
                    text, OldLevels.among(settings.keySet(), key -> Optional.ofNullable(settings.get(key))));
            return List.of();
        } catch (WrongThreshold e) {
            return List.of(new Problem(ThresholdsFile.NAME, e.line(), String.valueOf(e.getMessage()), ""));
        }
    }
}
