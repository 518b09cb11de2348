package org.pgsteward.monitor;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.pgsteward.model.Container;

/**
 * The lines for one container's memory, in bytes and already compared with one another.
 *
 * @param warnBytes from here on it is a warning
 * @param criticalBytes from here on it is critical; at least {@code warnBytes}
 * @param clearBytes below this it is over; below {@code warnBytes}
 * @param warn as it was written, for the message
 * @param critical as it was written, for the message
 * @param complaints labels that could not be used, a sentence each
 */
record ContainerLevels(
        long warnBytes,
        long criticalBytes,
        long clearBytes,
        MemoryLevel warn,
        MemoryLevel critical,
        List<String> complaints) {

    /** Without a clear level of its own, an alert is over this many percent of the limit below the warning. */
    private static final double CLEAR_BELOW_WARN = 5;

    static final String WARN_LABEL = "pgsteward.memory.warn";
    static final String CRITICAL_LABEL = "pgsteward.memory.critical";

    /**
     * The settings, and over them what the container's labels say. A label that is no level is left out with a
     * complaint, because one container's slip must not blind the watch over it.
     *
     * @param limitBytes what the shares are shares of
     */
    static ContainerLevels of(
            MemoryLevel warn, MemoryLevel critical, Optional<MemoryLevel> clear, Container container, long limitBytes) {
        List<String> complaints = new ArrayList<>();
        MemoryLevel ownWarn = label(container, WARN_LABEL, complaints).orElse(warn);
        MemoryLevel ownCritical = label(container, CRITICAL_LABEL, complaints).orElse(critical);
        long warnBytes = ownWarn.of(limitBytes);
        // A container whose own warning lies above the common critical level is critical from its warning on.
        long criticalBytes = Math.max(warnBytes, ownCritical.of(limitBytes));
        long usual = warnBytes - Math.round(limitBytes * CLEAR_BELOW_WARN / 100);
        long asSet = clear.map(level -> level.of(limitBytes)).orElse(usual);
        // A clear level at or above a container's own warning would flap; the usual distance is kept instead.
        long clearBytes = Math.max(1, asSet < warnBytes ? asSet : usual);
        return new ContainerLevels(
                warnBytes, criticalBytes, Math.min(clearBytes, warnBytes), ownWarn, ownCritical, complaints);
    }

    /** @param samples in a row that it takes */
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
            complaints.add(noLevel.getMessage() + "; the common level is used");
            return Optional.empty();
        }
    }
}
