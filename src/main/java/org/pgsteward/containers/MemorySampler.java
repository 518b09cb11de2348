package org.pgsteward.containers;

import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import org.pgsteward.engine.DockerEngine;

/** Samples the memory usage of the running containers of services. */
public final class MemorySampler {
    private final DockerEngine engine;
    private final Containers containers;
    private final Clock clock;
    private volatile List<MemorySample> last = List.of();

    public MemorySampler(DockerEngine engine, Containers containers, Clock clock) {
        this.engine = engine;
        this.containers = containers;
        this.clock = clock;
    }

    /** Samples each container, at about 20 ms a container. Omits a container that stopped meanwhile. */
    public List<MemorySample> sample() {
        List<MemorySample> readings = new ArrayList<>();
        containers
                .running()
                .forEach((container, service) -> engine.memory(container.id())
                        .ifPresent(
                                memory -> readings.add(new MemorySample(service, container, memory, clock.instant()))));
        last = List.copyOf(readings);
        return readings;
    }

    /** Returns the readings of the last round. */
    public List<MemorySample> last() {
        return last;
    }
}
