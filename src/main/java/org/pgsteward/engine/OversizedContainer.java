package org.pgsteward.engine;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A container that is not read because its data exceed a limit.
 *
 * @param bytes the bytes that were read of its document; if {@code largest} is not empty, the characters of its labels
 *     and variables
 * @param limit the limit, in the same unit
 * @param largest the largest containers that were read, with their characters, if all containers together exceed the
 *     limit; empty otherwise
 */
public record OversizedContainer(String id, String name, long bytes, long limit, Map<String, Long> largest) {
    public OversizedContainer {
        largest = Collections.unmodifiableMap(new LinkedHashMap<>(largest));
    }
}
