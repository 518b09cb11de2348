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
 * What only the daemon knows: containers, Docker's event feed, receivers. The status page reads it at once, a command reads
 * it from the state folder.
 *
 * @param startedAt when the daemon started
 * @param stopped whether the daemon ended in order
 * @param deafSince since when Docker's events may go unheard; null while they are heard
 * @param deafWhy empty while they are heard
 * @param failing receivers that do not take what they are given
 * @param containers the state of each service that has a container
 * @param memory of containers, in use when it was sampled last, by service
 */
public record DaemonStatus(
        Instant at,
        Instant startedAt,
        boolean stopped,
        @Nullable Instant deafSince,
        String deafWhy,
        List<FailingReceiver> failing,
        Map<String, ServiceState> containers,
        Map<String, Memory> memory) {
    /** A daemon that has reported nothing for so long hangs or was killed. It reports every 30 s at least. */
    static final Duration STALE = Duration.ofSeconds(90);

    public DaemonStatus {
        failing = List.copyOf(failing);
        containers = Map.copyOf(containers);
        memory = Map.copyOf(memory);
    }

    /** Whether the daemon runs, as far as its last report tells. */
    public boolean isRunning(Instant now) {
        return !stopped && at.plus(STALE).isAfter(now);
    }

    DaemonStatus stoppedAt(Instant end) {
        return new DaemonStatus(end, startedAt, true, deafSince, deafWhy, failing, containers, memory);
    }

    /** Whether this says the same as an earlier report. */
    boolean says(DaemonStatus earlier) {
        return equals(new DaemonStatus(
                at,
                earlier.startedAt,
                earlier.stopped,
                earlier.deafSince,
                earlier.deafWhy,
                earlier.failing,
                earlier.containers,
                earlier.memory));
    }
}
