package org.pgsteward.monitor;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.pgsteward.model.Container;

/**
 * The levels for one container's memory, in bytes and consistent with one another.
 *
 * @param warnBytes the level of a warning
 * @param criticalBytes the level of a critical alert; at least {@code warnBytes}
 * @param clearBytes the level below which the alert resolves; below {@code warnBytes}
 * @param warn as written, for the message
 * @param critical as written, for the message
 * @param complaints unusable labels, a sentence each
 */
record ContainerMemoryLevels(
        long warnBytes,
        long criticalBytes,
        long clearBytes,
        MemoryLevel warn,
        MemoryLevel critical,
        List<String> complaints) {

    /**
     * The distance of the clear level below the warning, in percent of the limit, for a container without a clear
     * level.
     */
    private static final double CLEAR_BELOW_WARN = 5;

    static final String WARN_LABEL = "pgsteward.memory.warn";
    static final String CRITICAL_LABEL = "pgsteward.memory.critical";

    /**
     * Returns the levels of the settings, or those of the container's labels where it has them. A label that is no
     * level is skipped with a complaint: an error in one label must not end the monitoring of its container.
     *
     * @param limitBytes the memory limit, as the base of levels in percent
     */
    static ContainerMemoryLevels of(
            MemoryLevel warn, MemoryLevel critical, Optional<MemoryLevel> clear, Container container, long limitBytes) {
        List<String> complaints = new ArrayList<>();
        MemoryLevel ownWarn = label(container, WARN_LABEL, complaints).orElse(warn);
        MemoryLevel ownCritical = label(container, CRITICAL_LABEL, complaints).orElse(critical);
        long warnBytes = ownWarn.of(limitBytes);
        // A container with a warning above the common critical level is critical from its warning on.
        long criticalBytes = Math.max(warnBytes, ownCritical.of(limitBytes));
        long usual = warnBytes - Math.round(limitBytes * CLEAR_BELOW_WARN / 100);
        long asSet = clear.map(level -> level.of(limitBytes)).orElse(usual);
        // A clear level at or above the container's own warning would make the alert flap. The usual distance applies
        // instead.
        long clearBytes = Math.max(1, asSet < warnBytes ? asSet : usual);
        return new ContainerMemoryLevels(
                warnBytes, criticalBytes, Math.min(clearBytes, warnBytes), ownWarn, ownCritical, complaints);
    }

    /** @param samples the number of samples in a row that an alert takes */
    Threshold threshold(int samples) {
        return new Threshold(
                Optional.of((double) warnBytes),
                Optional.of((double) criticalBytes),
                (double) clearBytes,
                Duration.ZERO,
                samples);
    }

    private static Optional<MemoryLevel> label(Container container, String label, List<String> complaints) {
        try {
            return container.label(label).map(text -> MemoryLevel.parse("label " + label, text));
        } catch (IllegalArgumentException noLevel) {
            complaints.add(noLevel.getMessage() + "; the usual level applies");
            return Optional.empty();
        }
    }
}
