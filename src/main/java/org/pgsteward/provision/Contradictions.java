package org.pgsteward.provision;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.pgsteward.model.Container;

/**
 * The containers that contradict another container of the same identity. During an update this is normal for a while,
 * and raises no alert.
 */
final class Contradictions {
    /** The time for which two containers of one identity may exist while one replaces the other. */
    private static final Duration UPDATE = Duration.ofMinutes(1);

    /**
     * The same for a container that was created and not started: compose creates it while the old one still stops,
     * which may take long.
     */
    private static final Duration CREATED = Duration.ofMinutes(10);

    private final Clock clock;

    /** The time of the first contradiction, by container id. */
    private final Map<String, Instant> since = new ConcurrentHashMap<>();

    Contradictions(Clock clock) {
        this.clock = clock;
    }

    /** Notes that a container contradicts another one, and returns whether an update may still explain it. */
    boolean mayPass(Container container) {
        Instant began = since.computeIfAbsent(container.id(), first -> clock.instant());
        Duration patience = container.state() == Container.State.CREATED ? CREATED : UPDATE;
        return began.plus(patience).isAfter(clock.instant());
    }

    void end(Container container) {
        since.remove(container.id());
    }

    boolean includes(Container container) {
        return since.containsKey(container.id());
    }
}
