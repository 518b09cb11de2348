package org.pgsteward.containers;

import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import org.pgsteward.engine.DockerEngine;

/** Samples what the running containers of services use of their memory. */
public final class MemorySampler {
    private final DockerEngine engine;
    private final Containers containers;
    private final Clock clock;
    private volatile List<Reading> last = List.of();

    public MemorySampler(DockerEngine engine, Containers containers, Clock clock) {
        this.engine = engine;
        this.containers = containers;
        this.clock = clock;
    }

    /** One round: about 20 ms a container. One that stopped meanwhile is left out. */
    public List<Reading> sample() {
        List<Reading> readings = new ArrayList<>();
        containers
                .running()
                .forEach((container, service) -> engine.memory(container.id())
                        .ifPresent(memory -> readings.add(new Reading(service, container, memory, clock.instant()))));
        last = List.copyOf(readings);
        return readings;
    }

    /** What the last round found. */
    public List<Reading> last() {
        return last;
    }
}
