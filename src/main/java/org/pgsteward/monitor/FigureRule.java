package org.pgsteward.monitor;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.pgsteward.model.Severity;

/**
 * A figure that is watched, and the levels from which on it is an alert. Its levels stand in {@code thresholds.yaml}. The
 * judging is pure.
 *
 * @param <L> the look in which the figure is found
 */
abstract class FigureRule<L extends Look> {
    private final String kind;
    private final Unit unit;
    private Threshold usual = Threshold.OFF;
    private Map<String, Threshold> own = Map.of();

    /**
     * @param kind of the conditions, kebab-case
     * @param unit of the levels
     */
    FigureRule(String kind, Unit unit) {
        this.kind = kind;
        this.unit = unit;
    }

    /** The {@code kind} of the conditions. */
    public final String kind() {
        return kind;
    }

    /**
     * Takes its levels, instead of those before.
     *
     * @throws IllegalArgumentException when a level cannot be read or contradicts another, with its name and value
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

    /** What the milder level makes of it. */
    Severity mild() {
        return Severity.WARNING;
    }

    final Threshold threshold(String service) {
        return own.getOrDefault(service, usual);
    }

    /** What is said of a finding: what it is, and the level that makes it news. */
    final String reason(Finding finding, Optional<Severity> severity) {
        Threshold threshold = threshold(finding.service());
        boolean worst = severity.equals(Optional.of(Severity.CRITICAL));
        return finding.says()
                + (worst ? threshold.critical() : threshold.warn())
                        // That a single one is news goes without saying.
                        .filter(level -> unit != Unit.COUNT || level != 1)
                        .map(level -> (worst ? "; critical from " : "; told from ") + unit.words(level) + " on")
                        .orElse("");
    }

    /** Whether something happened since {@code before} that is to be counted, and may be seen in no later look. */
    boolean isTurn(L now, L before) {
        return false;
    }

    /** Whether enough was seen to say that nothing is wrong; what is wrong is said at once. */
    boolean mayResolve(L now, List<L> past) {
        return true;
    }

    /**
     * The figure of each subject that there is.
     *
     * @param past earlier looks, the oldest first, up to a day back: one each half an hour, and of the last hour each turn
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
                    + " and lies below warn, which is " + unit.words(warn.get()));
        }
        double over = clear.orElse(first.get() * 0.9);
        if (over >= first.get()) {
            throw new IllegalArgumentException("clear" + whose + " is " + unit.words(over)
                    + " and has to lie below the level, which is " + unit.words(first.get()));
        }
        return new Threshold(warn, critical, over, lasting);
    }

    private Optional<Double> level(String name, String text) {
        return text.isBlank() || text.strip().equals("off") ? Optional.empty() : Optional.of(unit.parse(name, text));
    }
}
