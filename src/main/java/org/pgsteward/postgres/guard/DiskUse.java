package org.pgsteward.postgres.guard;

import java.time.Instant;
import java.util.Map;

/**
 * One reading of the disk with PostgreSQL's data, in bytes or in files.
 *
 * @param left the amount that PostgreSQL may still use
 * @param parts the databases of ordinary roles, and the temporary files and exported snapshots of each role
 * @param common files that belong to no role, such as the write-ahead log and the databases of superusers; 0 for files
 * @param multixactsByRole bytes that each ordinary role has added to {@code pg_multixact} since the first reading;
 *     empty for files
 * @param writtenByRole bytes that the sessions of each ordinary role have written to any file since the first reading;
 *     empty for files
 */
record DiskUse(
        Instant at,
        long left,
        Map<Part, Long> parts,
        long common,
        Map<String, Long> multixactsByRole,
        Map<String, Long> writtenByRole) {
    /**
     * A part that belongs to one role.
     *
     * @param database empty for temporary files and exported snapshots
     */
    record Part(String role, String database) {}

    DiskUse {
        parts = Map.copyOf(parts);
        multixactsByRole = Map.copyOf(multixactsByRole);
        writtenByRole = Map.copyOf(writtenByRole);
    }
}
