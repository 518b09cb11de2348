package org.pgsteward.engine;

import java.util.List;
import org.pgsteward.model.Container;

/**
 * The engine's containers.
 *
 * @param oversized the containers that exist but exceed a limit and are not read
 */
public record Listing(List<Container> containers, List<OversizedContainer> oversized) {
    public Listing {
        containers = List.copyOf(containers);
        oversized = List.copyOf(oversized);
    }
}
