package org.pgsteward.monitor;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.pgsteward.containers.CommandTarget;
import org.pgsteward.containers.MemorySample;
import org.pgsteward.containers.StatusWatch;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Memory;
import org.pgsteward.model.Severity;
import org.pgsteward.model.Size;

/**
 * Decides when a container's memory is an alert. Its levels, from {@code thresholds.yaml} and from the container's
 * labels, make a {@link Threshold} that a number of samples in a row has to reach.
 */
final class MemoryRule {
    /** The {@code kind} of the conditions. */
    public static final String KIND = StatusWatch.MEMORY_HIGH;

    private static final long MIB = 1024 * 1024;

    private final MemoryLevel warn;
    private final MemoryLevel critical;
    private final Optional<MemoryLevel> clear;
    private final int samples;

    /**
     * @param warn such as {@code 80%} or {@code 200m}
     * @param critical such as {@code 90%} or {@code 230m}
     * @param clear the level below which the alert resolves; empty for 5 percent of the limit below the warning
     * @param samples the number of samples in a row that an alert takes, at least 1
     * @throws IllegalArgumentException with name and value, if one cannot be read or contradicts another
     */
    MemoryRule(String warn, String critical, String clear, int samples) {
        this.warn = MemoryLevel.parse("warn", warn);
        this.critical = MemoryLevel.parse("critical", critical);
        this.clear = clear.isBlank() ? Optional.empty() : Optional.of(MemoryLevel.parse("clear", clear));
        this.samples = samples;
        if (samples < 1) {
            throw new IllegalArgumentException("samples is " + samples + ": it must be at least 1");
        }
        if (liesBelow(this.critical, this.warn)) {
            throw new IllegalArgumentException(
                    "critical is " + this.critical + ": it must be at least warn, which is " + this.warn);
        }
        if (this.clear.isPresent() && (this.clear.get().equals(this.warn) || liesBelow(this.warn, this.clear.get()))) {
            throw new IllegalArgumentException(
                    "clear is " + this.clear.get() + ": it must be below warn, which is " + this.warn);
        }
    }

    /** Compares levels of one sort only. A share cannot be compared with bytes before a container is known. */
    private static boolean liesBelow(MemoryLevel one, MemoryLevel other) {
        return one.getClass() == other.getClass() && one.of(Integer.MAX_VALUE) < other.of(Integer.MAX_VALUE);
    }

    int samples() {
        return samples;
    }

    /** Judges this sample after the earlier ones. */
    Judged judge(MemorySample reading, Threshold.Track before) {
        Memory memory = reading.memory();
        ContainerMemoryLevels levels =
                ContainerMemoryLevels.of(warn, critical, clear, reading.container(), memory.limitBytes());
        Threshold.Step step =
                levels.threshold(samples).step(before, (double) memory.usedBytes(), Severity.WARNING, reading.at());
        Optional<Condition> condition = step.decided()
                ? Optional.of(condition(reading, levels, step.track().severity()))
                : Optional.empty();
        return new Judged(condition, step.track());
    }

    /** @param condition empty while it is undecided */
    record Judged(Optional<Condition> condition, Threshold.Track track) {}

    private static Condition condition(
            MemorySample reading, ContainerMemoryLevels levels, Optional<Severity> severity) {
        Memory memory = reading.memory();
        String use = Math.round(memory.ratio() * 100) + "% of " + Size.words(memory.limitBytes()) + " in use ("
                + Size.words(memory.usedBytes()) + ")";
        String lines = severity.equals(Optional.of(Severity.CRITICAL))
                ? ", critical at " + levels.critical()
                : ", warns at " + levels.warn();
        String complaints = levels.complaints().isEmpty() ? "" : "; " + String.join("; ", levels.complaints());
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("usedBytes", memory.usedBytes());
        figures.put("limitBytes", memory.limitBytes());
        figures.put("percent", Math.round(memory.ratio() * 1000) / 10.0);
        figures.put("warnBytes", levels.warnBytes());
        figures.put("criticalBytes", levels.criticalBytes());
        figures.put("clearBytes", levels.clearBytes());
        String remedy = severity.isPresent() ? remedy(reading) : "";
        return new Condition(
                KIND,
                reading.service(),
                severity,
                use + lines + complaints,
                remedy,
                figures,
                reading.at(),
                reading.at());
    }

    private static String remedy(MemorySample reading) {
        String target = CommandTarget.of(reading.container());
        String look = "docker stats --no-stream " + target + "\ndocker logs --tail 50 " + target;
        if (reading.container().memoryLimitBytes() == 0) {
            return look + "\nfree -h  # the container has no memory limit: it can use all memory of the host";
        }
        long mebibytes = Math.max(1, reading.container().memoryLimitBytes() * 3 / 2 / MIB);
        return look + "\ndocker update --memory " + mebibytes + "m --memory-swap " + 2 * mebibytes + "m " + target
                + "  # until the container is recreated; to keep it: mem_limit in its compose file";
    }
}
