package org.pgsteward.engine;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Optional;
import org.pgsteward.model.Memory;

/**
 * Reads memory from a stats document as {@code docker stats} shows it: usage without the file pages that nobody has
 * touched lately, because the kernel takes those back before it kills anyone.
 *
 * <p>The rule is the one of {@code calculateMemUsageUnixNoCache} in docker/cli: version 1 of cgroups subtracts {@code
 * total_inactive_file}, version 2 {@code inactive_file}, and neither if it is as large as the usage itself.
 */
final class MemoryReading {
    private MemoryReading() {}

    /** Empty for a container that does not run: its document has no figures. */
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
