package org.pgsteward.engine;

import java.util.List;
import org.pgsteward.model.Container;

/**
 * The containers that the engine has.
 *
 * @param oversized those that are there and are not read
 */
public record Listing(List<Container> containers, List<OversizedContainer> oversized) {
    public Listing {
        containers = List.copyOf(containers);
        oversized = List.copyOf(oversized);
    }
}
