package org.pgsteward.engine;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Optional;
import org.pgsteward.model.Memory;

/**
 * Reader of a stats document. Usage is counted as {@code docker stats} shows it: without inactive file pages, since the
 * kernel reclaims those before it kills a process.
 *
 * <p>The rule is that of {@code calculateMemUsageUnixNoCache} in docker/cli. With cgroups version 1 it subtracts
 * {@code total_inactive_file}, with version 2 {@code inactive_file}. It subtracts neither if the figure is as large as
 * the usage itself.
 */
final class MemoryReading {
    private MemoryReading() {}

    /** Returns the memory; empty for a container that does not run, whose document has no figures. */
    static Optional<Memory> of(JsonNode stats) {
        JsonNode memory = stats.path("memory_stats");
        long usage = memory.path("usage").asLong(0);
        long limit = memory.path("limit").asLong(0);
        if (usage <= 0 || limit <= 0) {
            return Optional.empty();
        }
        JsonNode detail = memory.path("stats");
        long idle = detail.has("total_inactive_file")
                ? detail.path("total_inactive_file").asLong(0)
                : detail.path("inactive_file").asLong(0);
        return Optional.of(new Memory(idle > 0 && idle < usage ? usage - idle : usage, limit));
    }
}
