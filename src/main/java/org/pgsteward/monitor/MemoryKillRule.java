package org.pgsteward.monitor;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Container;
import org.pgsteward.model.Severity;

/**
 * Whether the kernel killed a process inside a container that runs on: its state says nothing of it, and only the
 * engine's event does. In PostgreSQL's container it ended all sessions.
 */
final class MemoryKillRule {
    static final String KIND = "memory-killed";

    /** So long it is told as something that is going on. */
    static final Duration SPAN = Duration.ofHours(1);

    private MemoryKillRule() {}

    /**
     * @param kills the events, the oldest first
     * @return empty while the container starts again and again
     */
    static Optional<Condition> judge(StatusRule.Look look, List<Instant> kills) {
        Container container = look.container();
        switch (container.state()) {
            case EXITED, DEAD, CREATED -> {
                return Optional.of(gone(look));
            }
            case RESTARTING, REMOVING, PAUSED -> {
                return Optional.empty();
            }
            case RUNNING -> {}
        }
        List<Instant> counted = kills.stream()
                .filter(kill -> kill.plus(SPAN).isAfter(look.at()))
                .filter(kill -> container
                        .startedAt()
                        .filter(start -> start.isAfter(kill))
                        .isEmpty())
                .toList();
        String service = StatusRule.service(look);
        if (counted.isEmpty()) {
            return Optional.of(Condition.well(
                    KIND, service, "no process of container " + container.name() + " was killed lately", look.at()));
        }
        String target = CommandTarget.of(container);
        String limit = container.memoryLimitBytes() == 0
                ? "the host's memory"
                : "the container's limit of " + Size.words(container.memoryLimitBytes());
        String remedy = "docker stats --no-stream " + target
                + (container.memoryLimitBytes() == 0
                        ? "\nfree -h"
                        : "\ndocker update --memory " + 2 * mebibytes(container) + "m --memory-swap "
                                + 4 * mebibytes(container) + "m " + target
                                + "  # until it is created anew; for good: mem_limit in its compose file");
        return Optional.of(Condition.bad(
                        Severity.CRITICAL,
                        KIND,
                        service,
                        "the kernel killed " + (counted.size() == 1 ? "a process" : counted.size() + " processes")
                                + " of container " + container.name() + " for want of memory within the hour: "
                                + limit + " is not enough"
                                + (look.postgres() ? "; all sessions of all services were ended each time" : ""),
                        remedy,
                        look.at())
                .with(Map.of("kills", counted.size(), "memoryLimitBytes", container.memoryLimitBytes())));
    }

    /** One that ended or is no more: what ended it is told by itself. */
    static Condition gone(StatusRule.Look look) {
        return Condition.well(
                KIND, StatusRule.service(look), "container " + look.container().name() + " runs no longer", look.at());
    }

    private static long mebibytes(Container container) {
        return Math.max(1, container.memoryLimitBytes() / (1024 * 1024));
    }
}
