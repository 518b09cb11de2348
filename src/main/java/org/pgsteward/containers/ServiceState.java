package org.pgsteward.containers;

import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Container;
import org.pgsteward.model.Severity;

/**
 * The state of a service's container at one moment, for the status page and {@code status}.
 *
 * @param word one or two words for a table: {@code runs}, {@code stopped}, {@code killed}
 * @param runs whether a container of the service runs
 * @param severity how bad the state is; empty where the container runs as it should. {@code INFO} means that it was stopped
 *     on purpose or ended without an error
 * @param reason the state in a sentence; empty where the container runs as it should
 */
public record ServiceState(String word, boolean runs, Optional<Severity> severity, String reason) {
    /** A container that runs as it should. */
    public static final ServiceState RUNS = new ServiceState("runs", true, Optional.empty(), "");

    /** A container that has ended, while the events with the cause have not arrived yet. */
    static final ServiceState ENDS = new ServiceState("ends", false, Optional.empty(), "");

    /**
     * A rule without delays. Alerts wait for an update to end and for a start to hold; a table shows the present state.
     */
    private static final StatusRule AT_ONCE = new StatusRule(Duration.ZERO);

    private static final Comparator<ServiceState> BY_SEVERITY = Comparator.comparing(
            state -> state.severity().orElse(null), Comparator.nullsFirst(Comparator.naturalOrder()));

    private static final Comparator<ServiceState> AT_WORK_FIRST =
            Comparator.comparing((ServiceState state) -> !state.runs()).thenComparing(BY_SEVERITY);

    /** Returns whether the operator has to act. */
    public boolean isTrouble() {
        return severity.filter(bad -> bad != Severity.INFO).isPresent();
    }

    static ServiceState of(StatusObservation look) {
        Optional<Condition> condition = AT_ONCE.judge(look);
        Optional<Severity> severity = condition.flatMap(Condition::severity);
        boolean runs = look.container().state() == Container.State.RUNNING;
        if (runs && severity.isEmpty()) {
            return RUNS;
        }
        return new ServiceState(
                word(look, severity),
                runs,
                severity,
                condition.map(Condition::reason).orElse(""));
    }

    /**
     * Returns the state of a service with several containers: the worst trouble, else a container that does the service's
     * work.
     */
    static ServiceState worst(List<ServiceState> states) {
        ServiceState worst = states.stream().max(BY_SEVERITY).orElse(RUNS);
        ServiceState shown =
                worst.isTrouble() ? worst : states.stream().min(AT_WORK_FIRST).orElse(RUNS);
        boolean runs = states.stream().anyMatch(ServiceState::runs);
        return new ServiceState(shown.word(), runs, shown.severity(), shown.reason());
    }

    private static String word(StatusObservation look, Optional<Severity> severity) {
        Container container = look.container();
        return switch (container.state()) {
            case RUNNING -> container.health() == Container.Health.UNHEALTHY ? "unhealthy" : "crashes";
            case PAUSED -> "paused";
            case RESTARTING -> "restarting";
            case REMOVING -> "being removed";
            case CREATED -> severity.isPresent() ? "cannot start" : "not started";
            case EXITED, DEAD -> ended(look, severity);
        };
    }

    private static String ended(StatusObservation look, Optional<Severity> severity) {
        if (look.endedForMemory()) {
            return "out of memory";
        }
        if (look.killed()) {
            return "killed";
        }
        if (severity.filter(bad -> bad != Severity.INFO).isPresent()) {
            return "does not run";
        }
        return look.container().exitCode() == 0 && look.asked().isEmpty() ? "ended" : "stopped";
    }
}
