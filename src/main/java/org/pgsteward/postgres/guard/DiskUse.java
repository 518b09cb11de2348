package org.pgsteward.postgres.guard;

import java.time.Instant;
import java.util.Map;

/**
 * What the disk with PostgreSQL's data holds, in bytes or in files.
 *
 * @param left for PostgreSQL
 * @param parts the databases of ordinary roles, and the temporary files and exported snapshots of each role
 * @param common what belongs to no role, such as the write-ahead log and the databases of superusers; 0 for files
 * @param multixactsByRole what each ordinary role has added to {@code pg_multixact} since the first reading; empty for files
 * @param writtenByRole bytes that the sessions of each ordinary role have written since the first reading, to whatever file;
 *     empty for files
 */
record DiskUse(
        Instant at,
        long left,
        Map<Part, Long> parts,
        long common,
        Map<String, Long> multixactsByRole,
        Map<String, Long> writtenByRole) {
    /** @param database empty for temporary files and exported snapshots */
    record Part(String role, String database) {}

    DiskUse {
        parts = Map.copyOf(parts);
        multixactsByRole = Map.copyOf(multixactsByRole);
        writtenByRole = Map.copyOf(writtenByRole);
    }
}
