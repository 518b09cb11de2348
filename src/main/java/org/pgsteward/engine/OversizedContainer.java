package org.pgsteward.engine;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A container that is not looked at, since the engine says more of it than is read.
 *
 * @param bytes that were read before the reading ended
 * @param limit in bytes
 * @param largest of the containers that are read, the largest ones with their characters, if it is all together that exceed
 *     the limit; empty otherwise
 */
public record OversizedContainer(String id, String name, long bytes, long limit, Map<String, Long> largest) {
    public OversizedContainer {
        largest = Collections.unmodifiableMap(new LinkedHashMap<>(largest));
    }
}
