package org.pgsteward.monitor;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.pgsteward.model.Severity;

/**
 * A metric and the levels from which it is an alert. The levels are in {@code thresholds.yaml}. The judgement is pure.
 *
 * @param <L> the readings with the metric
 */
abstract class MetricRule<L extends Observation> {
    private final String kind;
    private final Unit unit;
    private Threshold usual = Threshold.OFF;
    private Map<String, Threshold> own = Map.of();

    /**
     * @param kind of the conditions, in kebab-case
     * @param unit of the levels
     */
    MetricRule(String kind, Unit unit) {
        this.kind = kind;
        this.unit = unit;
    }

    /** Returns the {@code kind} of the conditions. */
    public final String kind() {
        return kind;
    }

    /**
     * Replaces the levels.
     *
     * @throws IllegalArgumentException with name and value, if a level cannot be read or contradicts another
     */
    final void use(WrittenLevels levels) {
        Duration lasting = lasting(levels.lasting());
        Optional<Double> clear =
                levels.clear().isBlank() ? Optional.empty() : Optional.of(unit.parse("clear", levels.clear()));
        Threshold all =
                threshold("", level("warn", levels.warn()), level("critical", levels.critical()), clear, lasting);
        Map<String, Threshold> single = new HashMap<>();
        levels.services()
                .forEach((service, its) -> single.put(
                        service,
                        threshold(
                                " of " + service,
                                level("warn of " + service, its.warn()),
                                level("critical of " + service, its.critical()),
                                Optional.empty(),
                                lasting)));
        usual = all;
        own = Map.copyOf(single);
    }

    private static Duration lasting(String time) {
        return time.isBlank() || time.strip().equals("0s")
                ? Duration.ZERO
                : Duration.ofSeconds(Math.round(Unit.TIME.parse("lasting", time)));
    }

    /** Returns the severity at the milder level. */
    Severity mild() {
        return Severity.WARNING;
    }

    final Threshold threshold(String service) {
        return own.getOrDefault(service, usual);
    }

    /** Returns the reason of a condition: the finding, and the level that makes it an alert. */
    final String reason(Finding finding, Optional<Severity> severity) {
        Threshold threshold = threshold(finding.service());
        boolean worst = severity.equals(Optional.of(Severity.CRITICAL));
        return finding.says()
                + (worst ? threshold.critical() : threshold.warn())
                        // A level of 1 needs no mention, since the very first occurrence is an alert.
                        .filter(level -> unit != Unit.COUNT || level != 1)
                        .map(level -> (worst ? "; critical from " : "; alert from ") + unit.words(level) + " on")
                        .orElse("");
    }

    /** Returns whether an event since {@code before} counts for this rule and may be missing in all later readings. */
    boolean isTurn(L now, L before) {
        return false;
    }

    /** Returns whether the readings are enough for an alert to resolve. Firing needs no such test. */
    boolean mayResolve(L now, List<L> past) {
        return true;
    }

    /**
     * Returns the metric of each existing subject.
     *
     * @param past earlier readings, the oldest first, up to a day back: one each half an hour, and those of the last
     *     hour with an event that counts
     */
    abstract List<Finding> look(L now, List<L> past);

    private Threshold threshold(
            String whose, Optional<Double> warn, Optional<Double> critical, Optional<Double> clear, Duration lasting) {
        Optional<Double> first = warn.or(() -> critical);
        if (first.isEmpty()) {
            return Threshold.OFF;
        }
        if (warn.isPresent() && critical.isPresent() && critical.get() < warn.get()) {
            throw new IllegalArgumentException("critical" + whose + " is " + unit.words(critical.get())
                    + ": it must be at least warn, which is " + unit.words(warn.get()));
        }
        double over = clear.orElse(first.get() * 0.9);
        if (over >= first.get()) {
            throw new IllegalArgumentException("clear" + whose + " is " + unit.words(over)
                    + ": it must be below the first level, which is " + unit.words(first.get()));
        }
        return new Threshold(warn, critical, over, lasting);
    }

    private Optional<Double> level(String name, String text) {
        return text.isBlank() || text.strip().equals("off") ? Optional.empty() : Optional.of(unit.parse(name, text));
    }
}
