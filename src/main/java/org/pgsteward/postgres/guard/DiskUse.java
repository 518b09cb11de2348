package org.pgsteward.postgres.guard;

import java.time.Instant;
import java.util.Map;

/**
 * What the disk with PostgreSQL's data holds, in bytes or in files.
 *
 * @param left for PostgreSQL
 * @param parts the databases of ordinary roles, and the temporary files of each role
 * @param common the write-ahead log, the queue of {@code NOTIFY}, and the databases of superusers; 0 for files
 * @param writtenByRole bytes that the sessions of each ordinary role have written since the first reading, to whatever file;
 *     empty for files
 */
record DiskUse(Instant at, long left, Map<Part, Long> parts, long common, Map<String, Long> writtenByRole) {
    /** @param database empty for temporary files */
    record Part(String role, String database) {}

    DiskUse {
        parts = Map.copyOf(parts);
        writtenByRole = Map.copyOf(writtenByRole);
    }
}
