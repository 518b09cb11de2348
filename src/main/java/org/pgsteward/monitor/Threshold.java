package org.pgsteward.monitor;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.pgsteward.model.Severity;

/**
 * The levels from which a metric is trouble.
 *
 * <ol>
 *   <li>A metric that has been at or above a level for as long as {@code lasting}, in {@code looks} readings in a row,
 *       has that level's severity.
 *   <li>It keeps the severity until it falls below the clear level, so that a metric around the line is reported once.
 *       A critical metric becomes the milder one at the same distance below the critical level.
 *   <li>Without such a past, a metric in between is undecided.
 * </ol>
 *
 * @param warn empty where the milder level is off
 * @param critical empty where the worse one is off
 * @param clear the level below which the trouble is over
 * @param lasting zero for at once
 * @param looks the number of readings in a row, at least 1
 */
record Threshold(Optional<Double> warn, Optional<Double> critical, double clear, Duration lasting, int looks) {
    static final Threshold OFF = new Threshold(Optional.empty(), Optional.empty(), 0, Duration.ZERO);

    Threshold(Optional<Double> warn, Optional<Double> critical, double clear, Duration lasting) {
        this(warn, critical, clear, lasting, 1);
    }

    boolean isOff() {
        return warn.isEmpty() && critical.isEmpty();
    }

    /** Returns this threshold without a duration and for a single reading. */
    Threshold atOnce() {
        return new Threshold(warn, critical, clear, Duration.ZERO);
    }

    /**
     * The result of the readings so far.
     *
     * @param severity the present severity; empty when the metric is well or not yet decided
     * @param aboveWarn the time at or above the milder level
     * @param aboveCritical the time at or above the worse one
     */
    record Track(Optional<Severity> severity, Optional<Run> aboveWarn, Optional<Run> aboveCritical) {
        static final Track START = new Track(Optional.empty(), Optional.empty(), Optional.empty());
    }

    /** Readings in a row. If the clock was set back behind the first of them, the first counts as now. */
    record Run(Instant since, int looks) {}

    /** @param decided whether {@code track.severity} holds; otherwise there is no condition to raise */
    record Step(Track track, boolean decided) {}

    /** @param mild the severity at the milder level */
    Step step(Track before, double value, Severity mild, Instant at) {
        Optional<Run> aboveWarn = above(warn, value, before.aboveWarn(), at);
        Optional<Run> aboveCritical = above(critical, value, before.aboveCritical(), at);
        boolean wasCritical = before.severity().equals(Optional.of(Severity.CRITICAL));
        Optional<Severity> now = Optional.empty();
        if (lasted(aboveCritical, at) || (wasCritical && value >= criticalClear())) {
            now = Optional.of(Severity.CRITICAL);
        } else if (warn.isPresent()
                && (lasted(aboveWarn, at) || (before.severity().isPresent() && value >= clear))) {
            now = Optional.of(mild);
        }
        return new Step(new Track(now, aboveWarn, aboveCritical), now.isPresent() || value < clear);
    }

    private double criticalClear() {
        double level = critical.orElse(Double.MAX_VALUE);
        return warn.map(milder -> level - (milder - clear)).orElse(clear);
    }

    private static Optional<Run> above(Optional<Double> level, double value, Optional<Run> before, Instant at) {
        return level.filter(line -> value >= line)
                .map(line -> before.map(run -> new Run(run.since().isAfter(at) ? at : run.since(), run.looks() + 1))
                        .orElse(new Run(at, 1)));
    }

    private boolean lasted(Optional<Run> run, Instant at) {
        return run.filter(above ->
                        above.looks() >= looks && !above.since().plus(lasting).isAfter(at))
                .isPresent();
    }
}
