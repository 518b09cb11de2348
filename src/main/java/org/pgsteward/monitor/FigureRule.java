package org.pgsteward.monitor;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.pgsteward.containers.Look;
import org.pgsteward.model.Severity;

/**
 * A figure that is watched, and from where on it is trouble. Made with its settings in {@code monitor.camel.yaml}; the
 * judging is pure.
 *
 * @param <L> the look in which the figure is found
 */
public abstract class FigureRule<L extends Look> {
    private final String kind;
    private final Unit unit;
    private Optional<Double> warn = Optional.empty();
    private Optional<Double> critical = Optional.empty();
    private Optional<Double> clear = Optional.empty();
    private Duration lasting = Duration.ZERO;
    private final Map<String, Threshold> own = new HashMap<>();

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

    /** @param level from which on it is told; {@code off} for never */
    public final void setWarn(String level) {
        warn = level("warn", level);
    }

    /** @param level from which on it is critical; {@code off} for never */
    public final void setCritical(String level) {
        critical = level("critical", level);
    }

    /** @param level below which it is over; empty for a tenth below the warning */
    public final void setClear(String level) {
        clear = level.isBlank() ? Optional.empty() : Optional.of(unit.parse(named("clear"), level));
    }

    /** @param time how long it must last, such as {@code 5m}; {@code 0s} for at once */
    public final void setLasting(String time) {
        lasting = time.strip().equals("0s")
                ? Duration.ZERO
                : Duration.ofSeconds(Math.round(Unit.TIME.parse(named("lasting"), time)));
    }

    /**
     * Levels of single services, before those for all: {@code vikunja=2h, gitea=1h/6h, wiki=off}, the second after the
     * slash being the critical one.
     */
    public final void setServices(String levels) {
        own.clear();
        for (String entry : levels.split(",", -1)) {
            if (entry.isBlank()) {
                continue;
            }
            String[] parts = entry.split("=", 2);
            if (parts.length != 2 || parts[0].isBlank() || parts[1].isBlank()) {
                throw new IllegalArgumentException(named("services") + " has '" + entry.strip()
                        + "': write SERVICE=LEVEL, SERVICE=LEVEL/CRITICAL or SERVICE=off");
            }
            String[] both = parts[1].split("/", 2);
            String service = parts[0].strip();
            own.put(
                    service,
                    threshold(
                            "of " + service,
                            level("warn of " + service, both[0]),
                            both.length < 2 ? Optional.empty() : level("critical of " + service, both[1]),
                            Optional.empty()));
        }
    }

    /** Compares the settings with one another, once all are there; stops the start when they contradict. */
    public final void check() {
        threshold("", warn, critical, clear);
    }

    /** What the milder level makes of it. */
    Severity mild() {
        return Severity.WARNING;
    }

    final Threshold threshold(String service) {
        Threshold others = own.get(service);
        return others == null ? threshold("", warn, critical, clear) : others;
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
            String whose, Optional<Double> warn, Optional<Double> critical, Optional<Double> clear) {
        Optional<Double> first = warn.or(() -> critical);
        if (first.isEmpty()) {
            return Threshold.OFF;
        }
        if (warn.isPresent() && critical.isPresent() && critical.get() < warn.get()) {
            throw new IllegalArgumentException(named("critical") + text(whose) + " is " + unit.words(critical.get())
                    + " and lies below warn, which is " + unit.words(warn.get()));
        }
        double over = clear.orElse(first.get() * 0.9);
        if (over >= first.get()) {
            throw new IllegalArgumentException(named("clear") + text(whose) + " is " + unit.words(over)
                    + " and has to lie below the level, which is " + unit.words(first.get()));
        }
        return new Threshold(warn, critical, over, lasting);
    }

    private static String text(@Nullable String whose) {
        return whose == null || whose.isEmpty() ? "" : " " + whose;
    }

    private Optional<Double> level(String name, String text) {
        return text.isBlank() || text.strip().equals("off")
                ? Optional.empty()
                : Optional.of(unit.parse(named(name), text));
    }

    /** The setting with the kind that it is of: several rules have a {@code warn}. */
    private String named(String setting) {
        return kind + ": " + setting;
    }
}
