package org.pgsteward.postgres.guard;

import java.time.Instant;
import java.util.Map;

/**
 * What the disk with PostgreSQL's data holds.
 *
 * @param freeBytes what is left for PostgreSQL
 * @param parts the databases of ordinary roles, and the temporary files of each role, in bytes
 * @param commonBytes the write-ahead log, the queue of {@code NOTIFY}, and the databases of superusers
 * @param writtenByRole bytes that the sessions of each ordinary role have written since the first reading, to whatever file
 */
record DiskUse(Instant at, long freeBytes, Map<Part, Long> parts, long commonBytes, Map<String, Long> writtenByRole) {
    /** @param database empty for temporary files */
    record Part(String role, String database) {}

    DiskUse {
        parts = Map.copyOf(parts);
        writtenByRole = Map.copyOf(writtenByRole);
    }
}
