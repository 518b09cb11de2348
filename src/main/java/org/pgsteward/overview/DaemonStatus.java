package org.pgsteward.overview;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.pgsteward.alert.FailingReceiver;
import org.pgsteward.containers.ServiceState;
import org.pgsteward.model.Memory;

/**
 * State that only the daemon knows: containers, Docker's event feed, receivers. The status page reads it directly, a
 * command from the state folder.
 *
 * @param startedAt start of the daemon
 * @param stopped whether the daemon ended in order
 * @param staleSince time since which Docker's events may be missed; null while they arrive
 * @param staleReason the reason for that; empty while they arrive
 * @param failing receivers that do not acknowledge notifications
 * @param containers state of each service with a container
 * @param memory memory of containers at the last sample, by service
 * @param hasNoReceiver whether no receiver of notifications is set
 */
public record DaemonStatus(
        Instant at,
        Instant startedAt,
        boolean stopped,
        @Nullable Instant staleSince,
        String staleReason,
        List<FailingReceiver> failing,
        Map<String, ServiceState> containers,
        Map<String, Memory> memory,
        boolean hasNoReceiver) {
    /** Time without a report after which a daemon counts as hanging or killed. It reports at least every 30 s. */
    static final Duration STALE = Duration.ofSeconds(90);

    public DaemonStatus {
        failing = List.copyOf(failing);
        containers = Map.copyOf(containers);
        memory = Map.copyOf(memory);
    }

    /** Returns whether the daemon runs, according to its last report. */
    public boolean isRunning(Instant now) {
        return !stopped && at.plus(STALE).isAfter(now);
    }

    DaemonStatus stoppedAt(Instant end) {
        return new DaemonStatus(
                end, startedAt, true, staleSince, staleReason, failing, containers, memory, hasNoReceiver);
    }

    /** Returns whether this report equals an earlier one, apart from the time. */
    boolean says(DaemonStatus earlier) {
        return equals(new DaemonStatus(
                at,
                earlier.startedAt,
                earlier.stopped,
                earlier.staleSince,
                earlier.staleReason,
                earlier.failing,
                earlier.containers,
                earlier.memory,
                earlier.hasNoReceiver));
    }
}
