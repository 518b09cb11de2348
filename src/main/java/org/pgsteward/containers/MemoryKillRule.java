package org.pgsteward.containers;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Container;
import org.pgsteward.model.Severity;
import org.pgsteward.model.Size;

/**
 * Decides whether the kernel killed a process of a running or restarting container for lack of memory. The container's
 * state does not show such a kill; only the engine's event does. In PostgreSQL's container, a kill ends all sessions.
 */
final class MemoryKillRule {
    static final String KIND = "memory-killed";

    /** The time for which a kill keeps the alert firing. */
    static final Duration SPAN = Duration.ofHours(1);

    private MemoryKillRule() {}

    /**
     * Judges a container by its kills within the last {@link #SPAN}.
     *
     * @param kills the kill events, oldest first
     * @param since the time from which pgsteward has received kill events; earlier kills may be unknown
     * @return empty while the container is paused or being removed, and while a kill may be unknown
     */
    static Optional<Condition> judge(StatusObservation look, List<Instant> kills, Instant since) {
        Container container = look.container();
        switch (container.state()) {
            case EXITED, DEAD, CREATED -> {
                return Optional.of(gone(look));
            }
            case REMOVING, PAUSED -> {
                return Optional.empty();
            }
            case RUNNING, RESTARTING -> {}
        }
        List<Instant> counted = kills.stream()
                .filter(kill -> kill.plus(SPAN).isAfter(look.at()))
                .toList();
        String service = look.serviceName();
        if (counted.isEmpty()) {
            Instant known = container.startedAt().filter(since::isBefore).isPresent() ? Instant.MIN : since;
            if (known.isAfter(look.at().minus(SPAN))) {
                // Otherwise a start of pgsteward would resolve the alert of a kill one minute earlier.
                return Optional.empty();
            }
            return Optional.of(Condition.well(
                    KIND,
                    service,
                    "no process of container " + container.lastingName() + " was killed within the hour",
                    look.at()));
        }
        String target = CommandTarget.of(container);
        String limit = container.memoryLimitBytes() == 0
                ? "the host's memory"
                : "its limit of " + Size.words(container.memoryLimitBytes());
        String remedy = "docker stats --no-stream " + target + "\n" + moreMemory(container);
        return Optional.of(Condition.bad(
                        Severity.CRITICAL,
                        KIND,
                        service,
                        "container " + container.lastingName() + " ran out of memory: the kernel killed "
                                + (counted.size() == 1 ? "a process" : counted.size() + " processes")
                                + " in it within the hour, and " + limit + " is not enough"
                                + (look.postgres() ? "; each time, PostgreSQL ended all sessions of all services" : ""),
                        remedy,
                        look.at())
                .with(Map.of("kills", counted.size(), "memoryLimitBytes", container.memoryLimitBytes())));
    }

    /**
     * Returns the end of the alert for a container that ended or was removed. {@link StatusRule} reports the cause.
     */
    static Condition gone(StatusObservation look) {
        return Condition.well(
                KIND, look.serviceName(), "container " + look.container().lastingName() + " no longer runs", look.at());
    }

    /** Returns the command that raises the container's memory limit, or {@code free -h} where it has none. */
    static String moreMemory(Container container) {
        return container.memoryLimitBytes() == 0
                ? "free -h"
                : "docker update --memory " + 2 * mebibytes(container) + "m --memory-swap " + 4 * mebibytes(container)
                        + "m " + CommandTarget.of(container)
                        + "   # until it is recreated; permanently: mem_limit in its compose file";
    }

    private static long mebibytes(Container container) {
        return Math.max(1, container.memoryLimitBytes() / (1024 * 1024));
    }
}
